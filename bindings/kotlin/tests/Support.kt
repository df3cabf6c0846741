package dev.kalends.tests

import dev.kalends.HostException
import dev.kalends.HttpClient
import dev.kalends.HttpRequest
import dev.kalends.HttpResponse
import dev.kalends.JavaHttp
import dev.kalends.SecureStorage
import java.io.File
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpResponse.BodyHandlers
import java.time.LocalDate
import java.util.Base64
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation

/** Inside every edge's window, whatever the day is. */
val DAY: LocalDate = LocalDate.now().plusDays(7)

/** Secrets in memory, as an app's keystore. */
class Storage : SecureStorage {
    private val kept = mutableMapOf<String, ByteArray>()

    override fun get(key: String): ByteArray? = kept[key]

    override fun put(key: String, value: ByteArray): Boolean {
        kept[key] = value
        return true
    }

    override fun delete(key: String): Boolean {
        kept.remove(key)
        return true
    }
}

/** HTTP that a test switches. */
class Airplane : HttpClient {
    var off = false
    var deaf = false

    /** How many requests of a sync get through. */
    var takesOff: Int? = null
    var error: Throwable? = null
    var asked = CompletableDeferred<Unit>()
    private val real = JavaHttp()

    override suspend fun send(request: HttpRequest): HttpResponse {
        asked.complete(Unit)
        error?.let { throw it }
        takesOff?.let { left ->
            takesOff = left - 1
            if (left <= 0) throw HostException.Offline()
        }
        if (off) throw HostException.Offline()
        if (deaf) awaitCancellation()
        return real.send(request)
    }
}

/** A simulated provider. */
class Simulated(vararg words: String) : AutoCloseable {
    private val process: Process = ProcessBuilder(System.getenv("KALENDS_SIM"), *words)
        .redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val ready: String = process.inputStream.bufferedReader().readLine()

    /** What it says of itself when it is ready: the first of this name. */
    fun said(name: String): String = Regex("\"$name\":\"([^\"]*)\"").find(ready)!!.groupValues[1]

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}

/** A CalDAV server with alice and bob. */
class Server(seed: Int = 0, port: Int = 0) : AutoCloseable {
    private val simulated = Simulated(
        "caldav", "--listen", "127.0.0.1:$port", "--seed", "$seed",
        "--user", "alice:wonder", "--user", "bob:builder",
        "--calendar", "alice/Work", "--calendar", "bob/Home",
    )
    val url: String = simulated.said("url")
    val alice = Person(url, "alice", "wonder")
    val bob = Person(url, "bob", "builder")
    val work = alice.calendars().getValue("Work")
    val home = bob.calendars().getValue("Home")

    override fun close() = simulated.close()
}

/** Secrets as files: for processes that come after another. */
class FileStorage(private val folder: File) : SecureStorage {
    override fun get(key: String): ByteArray? = File(folder, key).takeIf { it.exists() }?.readBytes()

    override fun put(key: String, value: ByteArray): Boolean {
        val new = File(folder, "$key.new").apply { writeBytes(value) }
        return new.renameTo(File(folder, key))
    }

    override fun delete(key: String): Boolean = !File(folder, key).exists() || File(folder, key).delete()
}

/** Another program of this class path, with the same libraries. */
fun program(main: String, vararg words: String): ProcessBuilder {
    val natives = "-Djna.library.path=${System.getProperty("jna.library.path") ?: ""}"
    val java = ProcessHandle.current().info().command().get()
    return ProcessBuilder(java, natives, "-cp", System.getProperty("java.class.path"), main, *words)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
}

fun freePort(): Int = ServerSocket(0).use { it.localPort }

/** Someone at a calendar program of their own. */
class Person(private val url: String, user: String, password: String) {
    private val client = java.net.http.HttpClient.newHttpClient()
    private val auth = "Basic " + Base64.getEncoder().encodeToString("$user:$password".toByteArray())

    private fun ask(method: String, path: String, body: String = "", depth: String? = null): String {
        val request = java.net.http.HttpRequest.newBuilder(URI(url).resolve(path))
            .header("Authorization", auth)
            .header("Content-Type", if (body.startsWith("BEGIN")) "text/calendar" else "text/xml")
            .method(method, java.net.http.HttpRequest.BodyPublishers.ofString(body))
        depth?.let { request.header("Depth", it) }
        val answer = client.send(request.build(), BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return answer.body()
    }

    fun calendars(): Map<String, String> {
        val body = "<propfind xmlns=\"DAV:\"><prop><displayname/><resourcetype/></prop></propfind>"
        val found = responses(ask("PROPFIND", home(), body, "1"))
        return found.filter { "calendar" in it && Regex("displayname>([^<]+)<") in it }.associate { one ->
            inside(one, "displayname") to inside(one, "href")
        }
    }

    private fun home(): String {
        val principal = property("/", "current-user-principal", "DAV:")
        return property(principal, "calendar-home-set", "urn:ietf:params:xml:ns:caldav")
    }

    private fun property(path: String, name: String, space: String): String {
        val body = "<propfind xmlns=\"DAV:\"><prop><x:$name xmlns:x=\"$space\"/></prop></propfind>"
        val text = ask("PROPFIND", path, body, "0")
        return inside(text.substring(text.indexOf(name)), "href")
    }

    fun put(calendar: String, name: String, title: String, hour: Int = 9, date: LocalDate = DAY) {
        val day = date.toString().replace("-", "")
        val at = "%02d".format(hour)
        ask(
            "PUT", "$calendar$name.ics",
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\nUID:$name\r\n" +
                "DTSTAMP:20260101T000000Z\r\nDTSTART:${day}T${at}0000Z\r\nDTEND:${day}T${at}3000Z\r\n" +
                "SUMMARY:$title\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        )
    }

    /** Changes the title of an object, named with its end, and nothing else of it. */
    fun retitle(calendar: String, name: String, title: String) {
        val event = ask("GET", "$calendar$name").replace(Regex("SUMMARY:[^\r\n]*"), "SUMMARY:$title")
        ask("PUT", "$calendar$name", event)
    }

    fun delete(calendar: String, name: String) {
        ask("DELETE", "$calendar$name.ics")
    }

    /** The titles of all objects of a calendar, by their last path segment. */
    fun titles(calendar: String): Map<String, String> {
        val body = "<c:calendar-query xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><prop>" +
            "<c:calendar-data/></prop><c:filter><c:comp-filter name=\"VCALENDAR\"/></c:filter></c:calendar-query>"
        return responses(ask("REPORT", calendar, body, "1")).associate { one ->
            inside(one, "href").substringAfterLast('/') to
                Regex("SUMMARY:([^\r\n&]*)").find(one)!!.groupValues[1]
        }
    }

    private fun responses(text: String) =
        Regex("<(?:\\w+:)?response\\b.*?</(?:\\w+:)?response>", RegexOption.DOT_MATCHES_ALL).findAll(text).map { it.value }.toList()

    private fun inside(text: String, name: String) = Regex("$name>([^<]*)<").find(text)!!.groupValues[1]
}

/** The `kalends` binary on a data folder. */
class Tokio(private val folder: File) {
    fun run(vararg words: String, password: String? = null): String {
        val command = ProcessBuilder(System.getenv("KALENDS_CLI"), "--json", *words)
        command.environment()["KALENDS_DATA"] = folder.path
        password?.let { command.environment()["KALENDS_PASSWORD"] = it }
        val process = command.redirectErrorStream(true).start()
        val said = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "${words.toList()}: $said" }
        return said
    }
}
