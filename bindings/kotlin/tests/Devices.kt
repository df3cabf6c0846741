package dev.kalends.tests

import dev.kalends.Detail
import dev.kalends.EdgeDraft
import dev.kalends.EdgeEnd
import dev.kalends.Engine
import dev.kalends.EngineException
import dev.kalends.EventDraft
import dev.kalends.EventTime
import dev.kalends.SecureStorage
import dev.kalends.SyncEnd
import dev.kalends.SyncListener
import dev.kalends.SyncReport
import dev.kalends.SyncStage
import dev.kalends.openEngine
import dev.kalends.sync
import java.io.File
import java.time.Duration
import java.time.ZoneOffset
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope

private val long = Duration.ofSeconds(30)

private fun wrote(report: SyncReport) = listOf(report.created, report.updated, report.deleted)

/** An edge between the only calendars of two people; from the first to the second, or back. */
private suspend fun edge(engine: Engine, url: String, back: Boolean) {
    val ends = accounts(engine, url).map { engine.calendars(it.id).first().id }
    val (source, target) = if (back) ends.reversed() else ends
    engine.addEdge(EdgeDraft(source, EdgeEnd.Existing(target), Detail.BUSY))
}

suspend fun oneGraph(folder: File) = Server().use { server ->
    for (hour in listOf(9, 11, 13)) server.alice.put(server.work, "choir-$hour", "Choir", hour)
    openEngine(File(folder, "first"), Storage()).use { first ->
        edge(first, server.url, back = false)
        first.sync(long)
        val bundle = first.exportBundle()
        openEngine(File(folder, "second"), Storage(), bundle = bundle).use { second ->
            accounts(second, server.url)
            // Zero writes count only where a tampered mirror is mended in the same run.
            for (engine in listOf(second, first, second)) {
                server.bob.retitle(server.home, server.bob.titles(server.home).keys.min(), "Mine")
                val report = engine.sync(long)
                same(report.end to wrote(report), SyncEnd.SETTLED to listOf(0L, 1L, 0L))
                same(server.bob.titles(server.home).values.toList(), List(3) { "Busy" })
            }
            for (engine in listOf(first, second)) same(wrote(engine.sync(long)), listOf(0L, 0L, 0L))
        }
    }
}

suspend fun twoGraphs(folder: File) = Server().use { server ->
    server.alice.put(server.work, "choir", "Choir")
    openEngine(File(folder, "one"), Storage()).use { one ->
        edge(one, server.url, back = false)
        same(one.sync(long).created, 1L)
    }
    openEngine(File(folder, "other"), Storage()).use { other ->
        edge(other, server.url, back = true)
        val report = other.sync(long)
        same(report.end to report.created, SyncEnd.SETTLED to 0L)
        val aside = other.setAside().single()
        same(aside.place to aside.reason.code, "home/Home" to "foreign-managed")
        same(other.explain(aside.`object`)?.presences?.single()?.reasons, listOf(aside.reason))
        same(server.alice.titles(server.work).values.toList(), listOf("Choir"))
        same(server.bob.titles(server.home).values.toList(), listOf("Busy"))
    }
}

/** What is made and changed without a network is written when it is back. */
suspend fun offline(folder: File) = Server().use { server ->
    val air = Airplane()
    openEngine(folder, Storage(), air).use { engine ->
        val home = accounts(engine, server.url).last()
        air.off = true
        val at = EventTime.Zoned("${DAY.atTime(9, 0)}", "Europe/Berlin", 3_600)
        val event = engine.putEvent(EventDraft("Made offline", at))
        same(engine.nextWake(), null)
        val (own, target) = checkNotNull(engine.ownCalendar()).id to engine.calendars(home.id).first().id
        engine.addEdge(EdgeDraft(own, EdgeEnd.Existing(target), Detail.TITLE))
        check(checkNotNull(engine.nextWake()) <= System.currentTimeMillis())
        check(engine.sync(Duration.ofSeconds(5)).failures.isNotEmpty())
        val draft = checkNotNull(engine.event(event)).held.single().draft
        engine.changeEvent(event, own, draft, draft.copy(title = "Changed offline"))
        val change = engine.journal(0).entries.last()
        val day = DAY.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli().let { it to it + 86_400_000 }
        same(engine.occurrences(day.first, day.second, limit = 1).list.single().title, "Changed offline")
        same(engine.freeBusy(day.first, day.second).list.size, 1)
        air.off = false
        same(engine.sync(long, askedFor = true).end, SyncEnd.SETTLED)
        same(server.bob.titles(server.home).values.toList(), listOf("Changed offline"))
        same(engine.undo(change.run).left, emptyList())
        same(engine.sync(long).updated, 1L)
        same(server.bob.titles(server.home).values.toList(), listOf("Made offline"))
        engine.deleteEvent(event)
        same(engine.sync(long).deleted, 1L)
    }
}

/** An aeroplane that takes off later each time, until a sync gets through before it does. */
suspend fun takesOff(folder: File) = Server().use { server ->
    for (hour in listOf(9, 11, 13)) server.alice.put(server.work, "choir-$hour", "Choir", hour)
    val air = Airplane()
    openEngine(folder, Storage(), air).use { engine ->
        edge(engine, server.url, back = false)
        var (created, cut) = 0L to 0
        for (requests in generateSequence(1) { it + 1 }.takeWhile { created < 3 }) {
            air.takesOff = requests
            val report = engine.sync(long, askedFor = true)
            created += report.created
            if (report.end != SyncEnd.SETTLED) cut += 1
            same(report.failures.isEmpty(), report.end == SyncEnd.SETTLED)
        }
        check(cut >= 4) { "$cut syncs were cut off" }
        air.takesOff = null
        same(engine.sync(long, askedFor = true).end, SyncEnd.SETTLED)
        same(server.bob.titles(server.home).values.toList(), List(3) { "Busy" })
    }
}

/** A keystore that throws what no app catches: what it was to keep counts as lost. */
suspend fun brokenKeystore(folder: File) = Server().use { server ->
    val storage = object : SecureStorage {
        val real = Storage()
        var broken: Throwable? = NotImplementedError()

        override fun get(key: String): ByteArray? = real.get(key)

        override fun put(key: String, value: ByteArray): Boolean {
            broken?.let { throw it }
            return real.put(key, value)
        }

        override fun delete(key: String): Boolean = real.delete(key)
    }
    val refused = runCatching { openEngine(folder, storage).close() }.exceptionOrNull()
    check(refused is EngineException.Storage) { "$refused" }
    storage.broken = null
    openEngine(File(folder, "new"), storage).use { engine ->
        storage.broken = OutOfMemoryError()
        val lost = runCatching { accounts(engine, server.url) }.exceptionOrNull()
        check(lost is EngineException.Storage) { "$lost" }
        storage.broken = null
        accounts(engine, server.url)
        same(engine.sync(long, askedFor = true).end, SyncEnd.SETTLED)
    }
}

/** A listener asks the engine to stop; and an engine is closed while it syncs. */
suspend fun stopsAndCloses(folder: File) = Server().use { server ->
    val air = Airplane()
    val storage = Storage()
    val engine = openEngine(folder, storage, air)
    accounts(engine, server.url)
    val stops = object : SyncListener {
        override fun onProgress(stage: SyncStage): Boolean {
            check(engine.stop(false))
            throw NotImplementedError()
        }
    }
    same(engine.sync(long, listener = stops).end, SyncEnd.STOPPED)
    coroutineScope {
        air.deaf = true
        air.asked = CompletableDeferred()
        val running = async { engine.sync(Duration.ofSeconds(3)) }
        air.asked.await()
        engine.close()
        same(running.await().end, SyncEnd.DEADLINE_REACHED)
    }
    air.deaf = false
    openEngine(folder, storage, air).use { same(it.sync(long, askedFor = true).end, SyncEnd.SETTLED) }
}
