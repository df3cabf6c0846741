import Foundation
import Kalends
import Testing

/// Numbers from a seed: the same each time.
private struct Draw {
    var state: UInt64

    mutating func below(_ bound: UInt64) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % bound)
    }
}

private enum Deed {
    case put(who: Int, name: String, title: String, hour: Int)
    case delete(who: Int, name: String)

    func done(_ server: Server) async throws {
        switch self {
        case let .put(who, name, title, hour):
            try await server.people[who].put(server.path(who), name, title, hour: hour)
        case let .delete(who, name): try await server.people[who].delete(server.path(who), name)
        }
    }
}

private func history(_ seed: Int) -> [Deed] {
    var draw = Draw(state: UInt64(seed) &* 2_654_435_761 &+ 99)
    var there: [[String]] = [[], []]
    return (0..<6).map { _ in
        let who = draw.below(2)
        if !there[who].isEmpty, draw.below(4) == 0 {
            return .delete(who: who, name: there[who].remove(at: draw.below(UInt64(there[who].count))))
        }
        let (name, hour) = ("p\(who)-\(draw.below(4))", 8 + draw.below(10))
        if !there[who].contains(name) { there[who].append(name) }
        return .put(who: who, name: name, title: ["Choir", "Dentist", "Standup"][draw.below(3)], hour: hour)
    }
}

private struct Seen: Equatable {
    let digest: String
    let held: [[String: String]]
}

private func held(_ server: Server) async throws -> [[String: String]] {
    var all: [[String: String]] = []
    for who in 0..<2 { all.append(try await server.people[who].titles(server.path(who))) }
    return all
}

private func here(_ place: URL, _ server: Server, _ seed: Int, _ bundle: URL) async throws -> [Seen] {
    let first = try openEngine(folder: place.appendingPathComponent("first"), storage: Memory())
    let (work, home) = try await accounts(first, server.url)
    let source = try await first.calendars(account: work.id)[0].id
    let target = try await first.calendars(account: home.id)[0].id
    let detail = [Detail.busy, .title, .full][seed % 3]
    for (one, other) in [(source, target), (target, source)] {
        let draft = EdgeDraft(source: one, target: .existing(calendarId: other), detail: detail)
        _ = try await first.addEdge(draft: draft)
    }
    let text = try await first.exportBundle()
    try Data(text.utf8).write(to: bundle)
    let engine = try openEngine(folder: place.appendingPathComponent("begun"), storage: Memory(), bundle: text)
    _ = try await accounts(engine, server.url)
    var seen: [Seen] = []
    for deed in history(seed) {
        try await deed.done(server)
        #expect(try await engine.sync(deadline: .seconds(30)).end == .settled)
        seen.append(Seen(digest: try await engine.status().digest, held: try await held(server)))
    }
    return seen
}

private func there(_ place: URL, _ server: Server, _ seed: Int, _ bundle: URL) async throws -> [Seen] {
    let tokio = Tokio(folder: place)
    _ = try tokio.run("bundle", "import", bundle.path)
    for (name, user, password) in [("work", "alice", "wonder"), ("home", "bob", "builder")] {
        let words = ["account", "add", "caldav", "--name", name, "--url", server.url, "--user", user]
        _ = try tokio.run(words, password: password)
    }
    var seen: [Seen] = []
    for deed in history(seed) {
        try await deed.done(server)
        _ = try tokio.run("sync")
        let digest = try inside(tokio.run("status"), "\"digest\": ?\"(\\w+)\"")
        seen.append(Seen(digest: digest, held: try await held(server)))
    }
    return seen
}

@Suite(.serialized) struct Histories {
    /// Here and on the `kalends` binary: after each step both graphs are the same.
    @Test func historiesEndInEqualGraphs() async throws {
        var digests: Set<String> = []
        for seed in 0..<20 {
            let place = folder()
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let bundle = place.appendingPathComponent("bundle.json")
            // Accounts are who they are at an address: it has to be the same one.
            let port = try await Server.served(seed, 0) { URL(string: $0.url)!.port! }
            let mine = try await Server.served(seed, port) {
                try await here(place.appendingPathComponent("here"), $0, seed, bundle)
            }
            let other = try await Server.served(seed, port) {
                try await there(place.appendingPathComponent("there"), $0, seed, bundle)
            }
            #expect(mine == other, "seed \(seed)")
            digests.formUnion(mine.map(\.digest))
        }
        // Digests that are always the same would agree, too.
        #expect(digests.count > 60)
    }
}
