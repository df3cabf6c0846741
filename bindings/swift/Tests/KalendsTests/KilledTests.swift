import Foundation
import Testing

private let visitedPlaces = 5

/// What a process told of its sync.
private struct Told {
    let wrote: Int
    let digest: String
    let places: Int
}

private struct Ended: Equatable {
    let digest: String
    let held: [[String: String]]
}

/// A server with the same past each time, and a device that knows it.
private struct World {
    let place: URL
    // Accounts are who they are at an address: it has to be the same one.
    let port: Int
    var start: URL { place.appendingPathComponent("start") }

    init() async throws {
        place = folder()
        port = try await Server.served(7, 0) { URL(string: $0.url)!.port! }
        try FileManager.default.createDirectory(at: start, withIntermediateDirectories: true)
        let begun = try await Server.served(7, port) { try run(start, "begin", $0.url) }
        #expect(begun != nil)
    }

    /// The same story each time, told with a process that dies, and goes on as another.
    func live(_ fatal: Int) async throws -> (killed: Bool, last: Told, ended: Ended) {
        let device = place.appendingPathComponent("killed-\(fatal)")
        try FileManager.default.copyItem(at: start, to: device)
        return try await Server.served(7, port) { server in
            for n in 0..<3 { try await server.alice.put(server.path(0), "choir-\(n)", "Choir \(n)", hour: 9 + n) }
            try await server.bob.put(server.path(1), "dentist", "Dentist", hour: 15)
            let first = try sync(device, fatal)
            let last = try first ?? sync(device, 0)!
            let held = try await [server.alice.titles(server.path(0)), server.bob.titles(server.path(1))]
            #expect(try sync(device, 0)!.wrote == 0)
            return (first == nil, last, Ended(digest: last.digest, held: held))
        }
    }

    private func sync(_ device: URL, _ fatal: Int) throws -> Told? {
        guard let said = try run(device, "sync", "\(fatal)") else { return nil }
        let words = said.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(words.count == 4 && words[0] == "settled", "\(said)")
        return Told(wrote: Int(words[1])!, digest: words[2], places: Int(words[3])!)
    }
}

/// What the program said; nothing where it was killed.
private func run(_ words: Any...) throws -> String? {
    let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let (process, said) = (Process(), Pipe())
    process.executableURL = built.appendingPathComponent("Killable")
    process.arguments = words.map { ($0 as? URL)?.path ?? "\($0)" }
    process.standardOutput = said
    try process.run()
    let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationReason == .uncaughtSignal, process.terminationStatus == SIGKILL { return nil }
    guard process.terminationStatus == 0 else { throw Surprise(what: "\(words): \(text)") }
    return text
}

@Suite(.serialized) struct Killed {
    /// Killed at places on its way, a sync is finished by the next process as if nothing had been.
    @Test func theNextProcessEndsWhereTheUndisturbedOneDoes() async throws {
        let world = try await World()
        let (_, undisturbed, wanted) = try await world.live(0)
        #expect(undisturbed.wrote >= 4 && undisturbed.places > 20, "\(undisturbed)")
        let visited = stride(from: 1, through: undisturbed.places, by: undisturbed.places / visitedPlaces)
        var died = 0
        for place in visited {
            let (killed, _, ended) = try await world.live(place)
            #expect(ended == wanted, "killed at place \(place)")
            died += killed ? 1 : 0
        }
        #expect(died * 4 >= Array(visited).count * 3, "that many places are reached")
    }
}
