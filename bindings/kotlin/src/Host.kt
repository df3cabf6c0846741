package dev.kalends

import java.io.File
import java.io.IOException
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpTimeoutException
import java.time.Duration
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withContext
import java.net.http.HttpClient as JavaClient
import java.net.http.HttpRequest as JavaRequest
import java.net.http.HttpResponse.BodyHandlers

/**
 * Opens the graph of a folder, which is made where it is missing. Close the engine with `use`.
 *
 * What the app's objects throw, of whatever kind, becomes an error of the call in hand: the engine
 * would wait for ever otherwise.
 */
suspend fun openEngine(
    folder: File,
    storage: SecureStorage,
    http: HttpClient = JavaHttp(),
    timer: HostTimer? = null,
    bundle: String? = null,
    noticesAt: String? = null,
): Engine = withContext(Dispatchers.IO) {
    uniffiEnsureInitialized()
    folder.mkdirs()
    val config = EngineConfig(folder.path, CONTRACT, bundle, noticesAt)
    Engine.open(config, SafeHttp(http), SafeStorage(storage), timer)
}

/**
 * Syncs off the main thread: whoever awaits a call of the engine runs it, its database too.
 * Cancelling it ends it at once, at no loss.
 */
suspend fun Engine.sync(
    deadline: Duration,
    askedFor: Boolean = false,
    listener: SyncListener? = null,
): SyncReport = withContext(Dispatchers.IO) {
    syncNow(deadline.toMillis(), askedFor, listener?.let(::SafeListener))
}

/** Does what is due, off the main thread: for a silent push, after `deliver`. */
suspend fun Engine.syncWhatIsDue(deadline: Duration, listener: SyncListener? = null): SyncReport =
    withContext(Dispatchers.IO) { syncDue(deadline.toMillis(), listener?.let(::SafeListener)) }

/** HTTP by the JDK's own client. On Android take OkHttp: it is as short. */
class JavaHttp(private val client: JavaClient = JavaClient.newHttpClient()) : HttpClient {
    override suspend fun send(request: HttpRequest): HttpResponse {
        val body = JavaRequest.BodyPublishers.ofByteArray(request.body)
        val asked = JavaRequest.newBuilder(URI(request.url))
            .timeout(Duration.ofMillis(request.timeoutMs.coerceAtLeast(1)))
            .method(request.method, body)
        // The client sets these itself, and refuses to be told.
        request.headers.filter { it.name.lowercase() !in setOf("host", "content-length", "connection") }
            .forEach { asked.header(it.name, it.value) }
        val answer = try {
            client.sendAsync(asked.build(), BodyHandlers.ofByteArray()).await()
        } catch (_: HttpTimeoutException) {
            throw HostException.Timeout()
        } catch (_: ConnectException) {
            throw HostException.Offline()
        } catch (_: IOException) {
            throw HostException.Network()
        }
        val headers = answer.headers().map().flatMap { (name, values) -> values.map { Header(name, it) } }
        return HttpResponse(answer.statusCode(), headers, answer.body())
    }
}

private class SafeHttp(private val app: HttpClient) : HttpClient {
    override suspend fun send(request: HttpRequest): HttpResponse = try {
        app.send(request)
    } catch (error: CancellationException) {
        throw error
    } catch (error: HostException) {
        throw error
    } catch (error: Throwable) {
        throw HostException.Host(error.javaClass.simpleName)
    }
}

private class SafeListener(private val app: SyncListener) : SyncListener {
    override fun onProgress(stage: SyncStage): Boolean = safely { app.onProgress(stage) }
}

private class SafeStorage(private val app: SecureStorage) : SecureStorage {
    override fun get(key: String): ByteArray? = safely { app.get(key) }

    override fun put(key: String, value: ByteArray): Boolean = safely { app.put(key, value) }

    override fun delete(key: String): Boolean = safely { app.delete(key) }
}

private fun <T> safely(call: () -> T): T = try {
    call()
} catch (error: HostException) {
    throw error
} catch (error: Throwable) {
    throw HostException.Host(error.javaClass.simpleName)
}
