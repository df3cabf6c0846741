package dev.kalends.tests

import com.sun.net.httpserver.HttpServer
import dev.kalends.Detail
import dev.kalends.EdgeDraft
import dev.kalends.EdgeEnd
import dev.kalends.EngineException
import dev.kalends.Header
import dev.kalends.OnlineService
import dev.kalends.PushNotice
import dev.kalends.ServiceClient
import dev.kalends.SyncEnd
import dev.kalends.openEngine
import dev.kalends.sync
import dev.kalends.syncWhatIsDue
import java.io.File
import java.net.InetSocketAddress
import java.net.URI
import java.net.URLDecoder
import java.net.URLEncoder
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

private val long = Duration.ofSeconds(30)

/** A service that tells of changes. */
interface Service {
    val simulated: Array<String>
    fun client(ready: Simulated): ServiceClient
    fun event(ready: Simulated, title: String)
    fun forged(notice: PushNotice): PushNotice
}

object Google : Service {
    override val simulated = arrayOf("google", "--calendar", "alice@example.com/Work")

    override fun client(ready: Simulated) = ServiceClient(
        OnlineService.GOOGLE, ready.said("client_id"), api = ready.said("api"), auth = ready.said("auth"),
    )

    override fun event(ready: Simulated, title: String) {
        val calendar = URLEncoder.encode(ready.said("id"), "UTF-8")
        val times = """"start":{"dateTime":"${DAY}T09:00:00Z"},"end":{"dateTime":"${DAY}T10:00:00Z"}"""
        post(ready, "/calendar/v3/calendars/$calendar/events", """{"summary":"$title",$times}""")
    }

    override fun forged(notice: PushNotice) = notice.copy(
        headers = notice.headers.map {
            if (it.name.equals("x-goog-channel-token", true)) Header(it.name, "guessed") else it
        },
    )
}

object Microsoft : Service {
    override val simulated = arrayOf("graph", "--calendar", "alice@contoso.example/Work")

    override fun client(ready: Simulated) = ServiceClient(
        OnlineService.MICROSOFT, "app", api = ready.said("api") + "/v1.0", auth = ready.said("auth"),
    )

    override fun event(ready: Simulated, title: String) {
        val calendar = URLEncoder.encode(ready.said("id"), "UTF-8")
        val at = { hour: String -> """{"dateTime":"${DAY}T$hour:00:00","timeZone":"UTC"}""" }
        val body = """{"subject":"$title","start":${at("09")},"end":${at("10")}}"""
        post(ready, "/v1.0/me/calendars/$calendar/events", body)
    }

    override fun forged(notice: PushNotice): PushNotice {
        val body = notice.body.decodeToString()
        val state = Regex("\"clientState\":\\s*\"[^\"]*\"")
        check(state in body) { body }
        return notice.copy(body = state.replace(body, "\"clientState\":\"guessed\"").encodeToByteArray())
    }
}

private fun post(ready: Simulated, path: String, body: String) {
    val request = HttpRequest.newBuilder(URI(ready.said("api") + path))
        .header("Authorization", "Bearer ${ready.said("token")}")
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
    val answer = java.net.http.HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString())
    check(answer.statusCode() in 200..201) { "${answer.statusCode()} ${answer.body()}" }
}

/** The app's own server: takes in notices of providers, for the device. */
private class Relay : AutoCloseable {
    private val notices = LinkedBlockingQueue<PushNotice>()
    private val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
    val address get() = "http://127.0.0.1:${server.address.port}/hooks"

    init {
        server.createContext("/hooks") { visit ->
            val token = visit.requestURI.rawQuery?.substringAfter("validationToken=", "")
            val body = visit.requestBody.readBytes()
            if (token.isNullOrEmpty()) {
                val fields = visit.requestHeaders.flatMap { (name, values) -> values.map { Header(name, it) } }
                notices.put(PushNotice(visit.requestURI.path.substringAfterLast('/'), fields, body))
            }
            val answer = URLDecoder.decode(token.orEmpty(), "UTF-8").encodeToByteArray()
            visit.responseHeaders.add("Content-Type", "text/plain")
            visit.sendResponseHeaders(if (answer.isEmpty()) 202 else 200, if (answer.isEmpty()) -1 else answer.size.toLong())
            if (answer.isNotEmpty()) visit.responseBody.write(answer)
            visit.close()
        }
        server.start()
    }

    fun next(): PushNotice = checkNotNull(notices.poll(10, TimeUnit.SECONDS)) { "nothing was told" }

    fun waiting(): List<PushNotice> = mutableListOf<PushNotice>().also { notices.drainTo(it) }

    override fun close() = server.stop(0)
}

/** A change at the service is told to the app's server, passed on, and mirrored. */
suspend fun pushed(folder: File, service: Service) = Relay().use { relay ->
    Server().use { home ->
        Simulated(*service.simulated).use { ready ->
            openEngine(folder, Storage(), noticesAt = relay.address).use { engine ->
                val tokens = """{"access_token":"${ready.said("token")}","expires_in":3600}"""
                val work = engine.addSignedInAccount("work", service.client(ready), tokens)
                val other = engine.addCaldavAccount("home", home.url, "bob", "builder")
                val source = engine.calendars(work.id).first { it.name == "Work" }.id
                engine.addEdge(EdgeDraft(source, EdgeEnd.Overlay(other.id), Detail.TITLE))
                same(engine.sync(long).end, SyncEnd.SETTLED)
                relay.waiting().forEach { engine.deliver(it) }
                engine.syncWhatIsDue(long)
                same(engine.syncWhatIsDue(long).requests, 0L)

                service.event(ready, "Choir")
                val notice = relay.next()
                val refused = runCatching { engine.deliver(service.forged(notice)) }
                check(refused.exceptionOrNull() is EngineException.Invalid) { "$refused" }
                same(engine.syncWhatIsDue(long).requests, 0L)

                check(engine.deliver(notice))
                var report = engine.syncWhatIsDue(long)
                while (report.created == 0L) {
                    // That one told of the opening of the watch, late.
                    engine.deliver(relay.next())
                    report = engine.syncWhatIsDue(long)
                }
                same(report.created, 1L)
                val overlay = home.bob.calendars().getValue("Other calendars")
                same(home.bob.titles(overlay).values.toList(), listOf("Choir"))
            }
        }
    }
}
