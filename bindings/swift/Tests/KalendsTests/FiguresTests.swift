import Foundation
import Kalends
import Testing

private let (events, days, rounds) = (10_000, 365, 5)
private let (openLimit, deafLimit) = (Duration.milliseconds(150), Duration.milliseconds(350))

/// What the library costs an app: `cargo xtask bindings swift measure`, and no part of the tests.
@Suite(.serialized) struct Figures {
    @Test func whatTheLibraryCostsAnApp() async throws {
        let (place, storage, air) = (folder(), Memory(), Airplane())
        try await Server.served(0, 0) { server in
            let work = try await server.path(0)
            for n in 0..<events {
                try await server.alice.put(work, "event-\(n)", "Event \(n)", hour: n / days % 24, after: n % days)
            }
            let engine = try openEngine(folder: place, storage: storage)
            _ = try await engine.addCaldavAccount(
                name: "work", url: server.url, user: "alice", password: "wonder")
            #expect(try await engine.sync(deadline: .seconds(600)).end == .settled)
        }
        let opened = try await timed {
            let engine = try openEngine(folder: place, storage: storage, http: air)
            let from = Int64(soon.timeIntervalSince1970 * 1_000)
            let page = try await engine.occurrences(fromMs: from, toMs: from + 7 * 86_400_000)
            #expect(page.list.count > 150)
        }
        judge("\(events) events: open, and show a week", opened, openLimit)
        air.set(.deaf)
        let engine = try openEngine(folder: place, storage: storage, http: air)
        let deaf = try await timed {
            let report = try await engine.sync(deadline: .milliseconds(250), askedFor: true)
            #expect(report.end == .deadlineReached)
        }
        judge("sync(250 ms) against a deaf server", deaf, deafLimit)
    }
}

private func timed(_ work: () async throws -> Void) async throws -> [Duration] {
    var took: [Duration] = []
    for _ in 0..<rounds {
        let began = ContinuousClock.now
        try await work()
        took.append(ContinuousClock.now - began)
    }
    return took
}

private func judge(_ name: String, _ values: [Duration], _ limit: Duration) {
    print("\(name): \(values.min()!) to \(values.max()!) (limit \(limit))")
    #expect(values.min()! < limit)
}
