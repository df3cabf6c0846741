package dev.kalends.tests

import dev.kalends.Detail
import dev.kalends.EdgeDraft
import dev.kalends.EdgeEnd
import dev.kalends.Engine
import dev.kalends.EngineConfig
import dev.kalends.EngineException
import dev.kalends.JavaHttp
import dev.kalends.SyncEnd
import dev.kalends.openEngine
import dev.kalends.sync
import java.io.File
import java.time.Duration
import kotlin.random.Random
import kotlin.system.exitProcess
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

private val long = Duration.ofSeconds(30)

/** Runs all, or those whose names have one of these words in them. */
fun main(words: Array<String>) {
    val all: Map<String, suspend (File) -> Unit> = mapOf(
        "a busy mirror arrives and goes" to ::mainJob,
        "what the app throws is an error, and the next sync settles" to ::thrown,
        "a deaf server does not hold a sync beyond its deadline" to ::deaf,
        "cancelling and stopping free the engine at once" to ::cancelled,
        "an aeroplane loses nothing" to ::airplane,
        "an aeroplane that takes off in mid-sync loses nothing" to ::takesOff,
        "edits made offline are projected when the network returns" to ::offline,
        "two devices of one graph keep one mirror an event" to ::oneGraph,
        "a device without the bundle leaves the other's mirrors alone and says so" to ::twoGraphs,
        "a keystore that throws is told" to ::brokenKeystore,
        "a listener stops a sync, and an engine is closed in one" to ::stopsAndCloses,
        "another contract is refused" to ::contract,
        "a push of Google is mirrored" to { folder -> pushed(folder, Google) },
        "a push of Microsoft is mirrored" to { folder -> pushed(folder, Microsoft) },
        "the example federates two accounts in less than 60 lines" to ::example,
        "a process killed in the middle of a sync loses nothing" to ::killed,
        "histories end in equal graphs" to ::histories,
    )
    val tests = all.filterKeys { name -> words.isEmpty() || words.any { it in name } }
    check(tests.isNotEmpty()) { "there is no such test" }
    var failed = 0
    for ((name, test) in tests) {
        val folder = kotlin.io.path.createTempDirectory("kalends").toFile()
        try {
            runBlocking { test(folder) }
            println("test $name ... ok")
        } catch (error: Throwable) {
            failed += 1
            println("test $name ... FAILED")
            error.printStackTrace(System.out)
        } finally {
            folder.deleteRecursively()
        }
    }
    println("${tests.size - failed} passed, $failed failed")
    exitProcess(if (failed == 0) 0 else 1)
}

fun <T> same(seen: T, wanted: T) = check(seen == wanted) { "$seen instead of $wanted" }

suspend fun accounts(engine: Engine, url: String) = listOf(
    engine.addCaldavAccount("work", url, "alice", "wonder"),
    engine.addCaldavAccount("home", url, "bob", "builder"),
)

private suspend fun federate(engine: Engine, url: String) {
    val (work, home) = accounts(engine, url)
    val source = engine.calendars(work.id).first().id
    engine.addEdge(EdgeDraft(source, EdgeEnd.Overlay(home.id), Detail.BUSY))
}

private suspend fun mainJob(folder: File) = Server().use { server ->
    server.alice.put(server.work, "choir", "Choir")
    openEngine(folder, Storage()).use { engine ->
        federate(engine, server.url)
        same(engine.plan().list.map { it.action }, listOf("make-calendar", "create"))
        same(engine.sync(long).end, SyncEnd.SETTLED)
        val overlay = server.bob.calendars().getValue("Other calendars")
        same(server.bob.titles(overlay).values.toList(), listOf("Busy"))
        engine.removeEdge(engine.edges().single().id, false)
        same(engine.sync(long).end, SyncEnd.SETTLED)
        check("Other calendars" !in server.bob.calendars())
    }
}

private suspend fun thrown(folder: File) = Server().use { server ->
    server.alice.put(server.work, "choir", "Choir")
    val air = Airplane()
    openEngine(folder, Storage(), air).use { engine ->
        federate(engine, server.url)
        for (error in listOf(ArithmeticException(), NotImplementedError(), OutOfMemoryError())) {
            air.error = error
            val report = withTimeout(8_000) { engine.sync(Duration.ofSeconds(5)) }
            check(report.end != SyncEnd.SETTLED && report.failures.isNotEmpty()) { "$error: $report" }
        }
        air.error = null
        same(engine.sync(long, askedFor = true).created, 1L)
    }
}

private suspend fun deaf(folder: File) = Server().use { server ->
    val air = Airplane()
    openEngine(folder, Storage(), air).use { engine ->
        accounts(engine, server.url)
        air.deaf = true
        val before = System.nanoTime()
        same(engine.sync(Duration.ofMillis(250)).end, SyncEnd.DEADLINE_REACHED)
        check(System.nanoTime() - before < 1_500_000_000)
        air.deaf = false
        same(engine.sync(long, askedFor = true).end, SyncEnd.SETTLED)
    }
}

private suspend fun cancelled(folder: File) = Server().use { server ->
    val air = Airplane()
    openEngine(folder, Storage(), air).use { engine ->
        accounts(engine, server.url)
        air.deaf = true
        runBlocking {
            air.asked = kotlinx.coroutines.CompletableDeferred()
            val job = launch { engine.sync(Duration.ofMinutes(1)) }
            air.asked.await()
            check(runCatching { engine.sync(long) }.exceptionOrNull() is EngineException.AlreadyRunning)
            job.cancelAndJoin()
            air.asked = kotlinx.coroutines.CompletableDeferred()
            val stopped = async { engine.sync(Duration.ofMinutes(1)) }
            air.asked.await()
            check(engine.stop(true))
            same(stopped.await().end, SyncEnd.STOPPED)
        }
        air.deaf = false
        same(engine.sync(long, askedFor = true).end, SyncEnd.SETTLED)
    }
}

private suspend fun airplane(folder: File) = Server().use { server ->
    server.alice.put(server.work, "choir", "Choir")
    val air = Airplane()
    openEngine(folder, Storage(), air).use { engine ->
        federate(engine, server.url)
        air.off = true
        check(engine.sync(long).failures.isNotEmpty())
        air.off = false
        same(engine.sync(long, askedFor = true).created, 1L)
    }
}

private suspend fun contract(folder: File) {
    val config = EngineConfig(folder.path, "0".repeat(32))
    val refused = runCatching { Engine.open(config, JavaHttp(), Storage(), null) }
    check(refused.exceptionOrNull() is EngineException.Invalid) { "$refused" }
}

/** The same histories here and on the `kalends` binary: after each step both graphs are the same. */
private suspend fun histories(folder: File) {
    val digests = mutableSetOf<String>()
    for (seed in 0 until 20) {
        val (bundle, port) = File(folder, "$seed.json") to freePort()
        val here = Server(seed, port).use { server -> here(File(folder, "$seed"), server, seed, bundle) }
        val there = Server(seed, port).use { server -> there(File(folder, "$seed-there"), server, seed, bundle) }
        check(here == there) { "seed $seed: $here instead of $there" }
        digests += here.map { it.first }
    }
    check(digests.size > 60) { "only ${digests.size} digests: they would agree whatever happens" }
}

private typealias Seen = List<Pair<String, List<Map<String, String>>>>

private suspend fun here(folder: File, server: Server, seed: Int, bundle: File): Seen {
    openEngine(File(folder, "first"), Storage()).use { engine ->
        val (work, home) = accounts(engine, server.url)
        val (source, target) = listOf(work, home).map { engine.calendars(it.id).first().id }
        for ((one, other) in listOf(source to target, target to source)) {
            engine.addEdge(EdgeDraft(one, EdgeEnd.Existing(other), Detail.entries[seed % 3]))
        }
        bundle.writeText(engine.exportBundle())
    }
    return openEngine(File(folder, "begun"), Storage(), bundle = bundle.readText()).use { engine ->
        accounts(engine, server.url)
        history(seed).map { deed ->
            deed(server)
            same(engine.sync(long).end, SyncEnd.SETTLED)
            engine.status().digest to held(server)
        }
    }
}

private fun there(folder: File, server: Server, seed: Int, bundle: File): Seen {
    val tokio = Tokio(folder)
    tokio.run("bundle", "import", bundle.path)
    for ((name, user, password) in listOf(Triple("work", "alice", "wonder"), Triple("home", "bob", "builder"))) {
        tokio.run("account", "add", "caldav", "--name", name, "--url", server.url, "--user", user, password = password)
    }
    return history(seed).map { deed ->
        deed(server)
        check("\"settled\":true" in tokio.run("sync").replace(" ", ""))
        val digest = Regex("\"digest\": ?\"(\\w+)\"").find(tokio.run("status"))!!.groupValues[1]
        digest to held(server)
    }
}

private fun held(server: Server) = listOf(server.alice.titles(server.work), server.bob.titles(server.home))

private fun history(seed: Int): List<(Server) -> Unit> {
    val (draw, there) = Random(seed) to List(2) { mutableSetOf<String>() }
    return List(6) {
        val who = draw.nextInt(2)
        val person = { server: Server -> if (who == 0) server.alice to server.work else server.bob to server.home }
        val names = there[who]
        if (names.isNotEmpty() && draw.nextInt(4) == 0) {
            val name = names.random(draw)
            names -= name
            val deed = { server: Server -> person(server).let { (one, path) -> one.delete(path, name) } }
            deed
        } else {
            val (name, hour) = "p$who-${draw.nextInt(4)}" to 8 + draw.nextInt(10)
            val title = listOf("Choir", "Dentist", "Standup", "Lunch").random(draw)
            names += name
            val deed = { server: Server -> person(server).let { (one, path) -> one.put(path, name, title, hour) } }
            deed
        }
    }
}
