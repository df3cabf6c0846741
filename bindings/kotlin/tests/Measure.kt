package dev.kalends.tests

import dev.kalends.HttpClient
import dev.kalends.HttpRequest
import dev.kalends.HttpResponse
import dev.kalends.SyncEnd
import dev.kalends.openEngine
import dev.kalends.sync
import java.io.File
import java.time.Duration
import java.time.ZoneOffset
import kotlin.system.exitProcess
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking

private const val EVENTS = 10_000
private const val DAYS = 365
private const val ROUNDS = 5
private const val OPEN_MS_MAX = 150.0
private const val DEAF_MS_MAX = 350.0
private val WEEK = Duration.ofDays(7).toMillis()

/** A server that takes the request and never answers. */
private object Deaf : HttpClient {
    override suspend fun send(request: HttpRequest): HttpResponse = awaitCancellation()
}

/** What the library costs an app: a line for each figure, and a failure beyond the limits. */
fun main() {
    val folder = kotlin.io.path.createTempDirectory("kalends").toFile()
    val good = runBlocking {
        val storage = Storage()
        Server().use { server ->
            for (n in 0 until EVENTS) {
                val day = DAY.plusDays((n % DAYS).toLong())
                server.alice.put(server.work, "event-$n", "Event $n", n / DAYS % 24, day)
            }
            openEngine(folder, storage).use { engine ->
                engine.addCaldavAccount("work", server.url, "alice", "wonder")
                same(engine.sync(Duration.ofMinutes(10)).end, SyncEnd.SETTLED)
            }
        }
        val opened = List(ROUNDS) { timed { page(folder, storage) } }
        val deaf = openEngine(folder, storage, Deaf).use { engine ->
            List(ROUNDS) {
                timed { same(engine.sync(Duration.ofMillis(250), askedFor = true).end, SyncEnd.DEADLINE_REACHED) }
            }
        }
        listOf(
            judge("$EVENTS events: open, and show a week", opened, OPEN_MS_MAX),
            judge("sync(250 ms) against a deaf server", deaf, DEAF_MS_MAX),
        )
    }
    folder.deleteRecursively()
    exitProcess(if (good.all { it }) 0 else 1)
}

private suspend fun page(folder: File, storage: Storage) = openEngine(folder, storage).use { engine ->
    val from = DAY.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli()
    check(engine.occurrences(from, from + WEEK).list.size > 150)
}

private suspend fun timed(work: suspend () -> Unit): Double {
    val before = System.nanoTime()
    work()
    return (System.nanoTime() - before) / 1e6
}

private fun judge(name: String, values: List<Double>, limit: Double): Boolean {
    println("%s: %.0f to %.0f ms (limit %.0f)".format(name, values.min(), values.max(), limit))
    return values.min() < limit
}
