package dev.kalends.examples

import dev.kalends.Detail
import dev.kalends.EdgeDraft
import dev.kalends.EdgeEnd
import dev.kalends.SecureStorage
import dev.kalends.openEngine
import dev.kalends.sync
import java.io.File
import java.time.Duration
import kotlin.system.exitProcess
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking

/** Keeps the busy times of one CalDAV account in another, until interrupted. */
fun main(args: Array<String>) = runBlocking {
    if (args.size != 7) {
        System.err.println("federate FOLDER URL USER PASSWORD URL USER PASSWORD")
        exitProcess(2)
    }
    val folder = File(args[0])
    openEngine(File(folder, "graph"), Files(File(folder, "secrets"))).use { engine ->
        val work = engine.addCaldavAccount("work", args[1], args[2], args[3])
        val home = engine.addCaldavAccount("home", args[4], args[5], args[6])
        if (engine.edges().isEmpty()) {
            val source = engine.calendars(work.id).first().id
            engine.addEdge(EdgeDraft(source, EdgeEnd.Overlay(home.id), Detail.BUSY))
        }
        while (true) {
            val report = engine.sync(Duration.ofMinutes(1))
            println("${report.end} read ${report.pulled}, wrote ${report.created}")
            report.failures.forEach { println("  ${it.reason}") }
            val now = System.currentTimeMillis()
            val wake = engine.nextWake() ?: (now + 300_000)
            delay((wake - now).coerceIn(5_000, 300_000))
        }
    }
}

/** Secrets as files of a folder; an app has a keystore for them. */
private class Files(private val folder: File) : SecureStorage {
    override fun get(key: String): ByteArray? = File(folder, key).takeIf { it.exists() }?.readBytes()

    override fun put(key: String, value: ByteArray): Boolean {
        folder.mkdirs()
        val new = File(folder, "$key.new").apply { writeBytes(value) }
        return new.setReadable(false, false) && new.setReadable(true, true) && new.renameTo(File(folder, key))
    }

    override fun delete(key: String): Boolean = !File(folder, key).exists() || File(folder, key).delete()
}
