package dev.kalends.tests

import java.io.File

/** The example as a program of its own, as somebody would start it. */
suspend fun example(folder: File) = Server().use { server ->
    val source = File(System.getenv("KALENDS_EXAMPLES"), "Federate.kt")
    check(source.readLines().size < 60) { "the example has grown" }
    server.alice.put(server.work, "choir", "Choir")
    val words = arrayOf(folder.path, server.url, "alice", "wonder", server.url, "bob", "builder")
    val process = program("dev.kalends.examples.FederateKt", *words).start()
    try {
        val said = process.inputStream.bufferedReader().readLine()
        check("SETTLED" in said) { said }
        val overlay = server.bob.calendars().getValue("Other calendars")
        same(server.bob.titles(overlay).values.toList(), listOf("Busy"))
    } finally {
        process.destroyForcibly().waitFor()
    }
}
