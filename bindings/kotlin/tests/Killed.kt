package dev.kalends.tests

import dev.kalends.Detail
import dev.kalends.EdgeDraft
import dev.kalends.EdgeEnd
import dev.kalends.HttpClient
import dev.kalends.HttpRequest
import dev.kalends.HttpResponse
import dev.kalends.JavaHttp
import dev.kalends.SyncEnd
import dev.kalends.SyncListener
import dev.kalends.SyncStage
import dev.kalends.openEngine
import dev.kalends.sync
import java.io.File
import java.time.Duration
import kotlinx.coroutines.runBlocking

private const val SIGKILL = 128 + 9
private const val VISITED = 5

/** Counts the places that a sync passes, and dies at one of them. */
private class Places(private val fatal: Int) : HttpClient, SyncListener {
    var passed = 0
    private val real = JavaHttp()

    private fun one() {
        passed += 1
        if (passed == fatal) {
            ProcessBuilder("kill", "-9", "${ProcessHandle.current().pid()}").start().waitFor()
        }
    }

    override suspend fun send(request: HttpRequest): HttpResponse {
        one()
        return real.send(request).also { one() }
    }

    override fun onProgress(stage: SyncStage): Boolean {
        one()
        return true
    }
}

/** One sync in a process of its own: FOLDER PLACE; without a place it lives. */
fun main(args: Array<String>) = runBlocking {
    val (folder, places) = File(args[0]) to Places(args[1].toInt())
    openEngine(File(folder, "graph"), FileStorage(folder), places).use { engine ->
        val report = engine.sync(Duration.ofSeconds(30), listener = places)
        val wrote = report.created + report.updated + report.deleted
        println("${report.end} $wrote ${engine.status().digest} ${places.passed}")
    }
}

private data class Told(val end: String, val wrote: Int, val digest: String, val places: Int)

private class World(private val folder: File) {
    // Accounts are who they are at an address: it has to be the same one.
    private val port = freePort()
    private val start = File(folder, "start").apply { mkdirs() }

    suspend fun begin() = Server(7, port).use { server ->
        openEngine(File(start, "graph"), FileStorage(start)).use { engine ->
            val (source, target) = accounts(engine, server.url).map { engine.calendars(it.id).first().id }
            for ((one, other) in listOf(source to target, target to source)) {
                engine.addEdge(EdgeDraft(one, EdgeEnd.Existing(other), Detail.TITLE))
            }
        }
    }

    /** The same story each time, told with a process that dies, and goes on as another. */
    fun live(fatal: Int): Triple<Boolean, Told, Any> = Server(7, port).use { server ->
        val device = File(folder, "killed-$fatal")
        start.copyRecursively(device)
        for (n in 0 until 3) server.alice.put(server.work, "choir-$n", "Choir $n", 9 + n)
        server.bob.put(server.home, "dentist", "Dentist", 15)
        val first = sync(device, fatal)
        val last = first ?: sync(device, 0)!!
        val held = listOf(server.alice.titles(server.work), server.bob.titles(server.home))
        same(sync(device, 0)!!.wrote, 0)
        Triple(first == null, last, last.digest to held)
    }

    private fun sync(device: File, fatal: Int): Told? {
        val process = program("dev.kalends.tests.KilledKt", device.path, "$fatal").start()
        val said = process.inputStream.bufferedReader().readText()
        val status = process.waitFor()
        if (status == SIGKILL) return null
        same(status, 0)
        val (end, wrote, digest, places) = said.trim().split(' ')
        same(end, SyncEnd.SETTLED.name)
        return Told(end, wrote.toInt(), digest, places.toInt())
    }
}

/** Killed at places on its way, a sync is finished by the next process as if nothing had been. */
suspend fun killed(folder: File) {
    val world = World(folder)
    world.begin()
    val (_, undisturbed, wanted) = world.live(0)
    check(undisturbed.wrote >= 4 && undisturbed.places > 20) { "$undisturbed" }
    val visited = 1..undisturbed.places step (undisturbed.places / VISITED)
    val died = visited.count { place ->
        val (killed, _, ended) = world.live(place)
        check(ended == wanted) { "killed at place $place: $ended instead of $wanted" }
        killed
    }
    check(died * 4 >= visited.count() * 3) { "$died of ${visited.count()} places were reached" }
}
