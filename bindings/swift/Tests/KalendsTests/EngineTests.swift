import Foundation
import Kalends
import Testing

private let long = Duration.seconds(30)

func folder() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("kalends-\(UUID())")
}

func accounts(_ engine: Engine, _ url: String) async throws -> (AccountView, AccountView) {
    let work = try await engine.addCaldavAccount(name: "work", url: url, user: "alice", password: "wonder")
    let home = try await engine.addCaldavAccount(name: "home", url: url, user: "bob", password: "builder")
    return (work, home)
}

private func federate(_ engine: Engine, _ url: String) async throws {
    let (work, home) = try await accounts(engine, url)
    let source = try await engine.calendars(account: work.id)[0].id
    let draft = EdgeDraft(source: source, target: .overlay(account: home.id), detail: .busy)
    _ = try await engine.addEdge(draft: draft)
}

@Suite(.serialized) struct Engines {
    @Test func aBusyMirrorArrivesAndGoes() async throws {
        let server = try Server()
        try await server.alice.put(server.alice.calendars()["Work"]!, "choir", "Choir")
        let engine = try openEngine(folder: folder(), storage: Memory())
        try await federate(engine, server.url)
        #expect(try await engine.plan().list.map(\.action) == ["make-calendar", "create"])
        #expect(try await engine.sync(deadline: long).end == .settled)
        let overlay = try await server.bob.calendars()["Other calendars"]!
        #expect(try await Array(server.bob.titles(overlay).values) == ["Busy"])
        _ = try await engine.removeEdge(edge: engine.edges()[0].id, abandon: false)
        #expect(try await engine.sync(deadline: long).end == .settled)
        #expect(try await server.bob.calendars()["Other calendars"] == nil)
    }

    @Test func whatTheAppThrowsAndAnAeroplaneLoseNothing() async throws {
        let (server, air) = (try Server(), Airplane())
        try await server.alice.put(server.alice.calendars()["Work"]!, "choir", "Choir")
        let engine = try openEngine(folder: folder(), storage: Memory(), http: air)
        try await federate(engine, server.url)
        for mode in [Airplane.Mode.broken, .off] {
            air.set(mode)
            let report = try await engine.sync(deadline: .seconds(5), askedFor: true)
            #expect(report.end != .settled && !report.failures.isEmpty)
        }
        air.set(.on)
        #expect(try await engine.sync(deadline: long, askedFor: true).created == 1)
    }

    @Test func aDeafServerDoesNotHoldASyncBeyondItsDeadline() async throws {
        let (server, air) = (try Server(), Airplane())
        let engine = try openEngine(folder: folder(), storage: Memory(), http: air)
        _ = try await accounts(engine, server.url)
        air.set(.deaf)
        let began = ContinuousClock.now
        #expect(try await engine.sync(deadline: .milliseconds(250)).end == .deadlineReached)
        let took = ContinuousClock.now - began
        print("sync(250 ms) against a deaf server: \(took)")
        #expect(took < .seconds(1))
        air.set(.on)
        #expect(try await engine.sync(deadline: long, askedFor: true).end == .settled)
    }

    @Test func cancellingAndStoppingFreeTheEngineAtOnce() async throws {
        let (server, air) = (try Server(), Airplane())
        let engine = try openEngine(folder: folder(), storage: Memory(), http: air)
        _ = try await accounts(engine, server.url)
        air.set(.deaf)
        let cancelled = Task { try await engine.sync(deadline: .seconds(60)) }
        await air.isAsked()
        await #expect(throws: EngineError.AlreadyRunning) { try await engine.sync(deadline: long) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        air.set(.deaf)
        let stopped = Task { try await engine.sync(deadline: .seconds(60)) }
        await air.isAsked()
        #expect(try engine.stop(now: true))
        #expect(try await stopped.value.end == .stopped)
        air.set(.on)
        #expect(try await engine.sync(deadline: long, askedFor: true).end == .settled)
    }

    @Test func anotherContractIsRefused() throws {
        let config = EngineConfig(folder: folder().path, contract: String(repeating: "0", count: 32))
        #expect(throws: EngineError.self) {
            try Engine.open(config: config, http: SessionHttp(), storage: Memory())
        }
    }

    @Test func theExampleFederatesTwoAccountsInLessThan60Lines() async throws {
        let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Federate/main.swift")
        #expect(try String(contentsOf: source, encoding: .utf8).split(separator: "\n").count < 60)
        let server = try Server()
        try await server.alice.put(server.alice.calendars()["Work"]!, "choir", "Choir")
        let (example, said) = (Process(), Pipe())
        example.executableURL = built.appendingPathComponent("Federate")
        example.arguments = [folder().path, server.url, "alice", "wonder", server.url, "bob", "builder"]
        example.standardOutput = said
        try example.run()
        defer { kill(example.processIdentifier, SIGKILL) }
        var line = ""
        while !line.contains("\n") {
            let piece = said.fileHandleForReading.availableData
            if piece.isEmpty { throw Surprise(what: "the example ended: \(line)") }
            line += String(decoding: piece, as: UTF8.self)
        }
        #expect(line.contains("settled"))
        let overlay = try await server.bob.calendars()["Other calendars"]!
        #expect(try await Array(server.bob.titles(overlay).values) == ["Busy"])
    }
}
