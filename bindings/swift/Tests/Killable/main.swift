import Foundation
import Kalends

/// Counts the places that a sync passes, and dies at one of them.
final class Places: HttpClient, SyncListener, @unchecked Sendable {
    private let (lock, real) = (NSLock(), SessionHttp())
    private let fatal: Int
    private var count = 0

    init(fatal: Int) { self.fatal = fatal }

    var passed: Int { lock.withLock { count } }

    private func one() {
        let dies = lock.withLock {
            count += 1
            return count == fatal
        }
        if dies { kill(getpid(), SIGKILL) }
    }

    func send(request: HttpRequest) async throws -> HttpResponse {
        one()
        let answer = try await real.send(request: request)
        one()
        return answer
    }

    func onProgress(stage: SyncStage) throws -> Bool {
        one()
        return true
    }
}

/// Secrets as files: for processes that come after another.
final class Files: SecureStorage {
    private let folder: URL

    init(_ folder: URL) { self.folder = folder }

    func get(key: String) throws -> Data? { try? Data(contentsOf: folder.appendingPathComponent(key)) }

    func put(key: String, value: Data) throws -> Bool {
        try value.write(to: folder.appendingPathComponent(key), options: .atomic)
        return true
    }

    func delete(key: String) throws -> Bool {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(key))
        return true
    }
}

func begin(_ device: URL, _ url: String) async throws {
    let engine = try openEngine(folder: device.appendingPathComponent("graph"), storage: Files(device))
    var calendars: [String] = []
    for (name, user, password) in [("work", "alice", "wonder"), ("home", "bob", "builder")] {
        let account = try await engine.addCaldavAccount(name: name, url: url, user: user, password: password)
        calendars.append(try await engine.calendars(account: account.id)[0].id)
    }
    for (one, other) in [(calendars[0], calendars[1]), (calendars[1], calendars[0])] {
        let draft = EdgeDraft(source: one, target: .existing(calendarId: other), detail: .title)
        _ = try await engine.addEdge(draft: draft)
    }
}

func sync(_ device: URL, _ fatal: Int) async throws {
    let (folder, places) = (device.appendingPathComponent("graph"), Places(fatal: fatal))
    let engine = try openEngine(folder: folder, storage: Files(device), http: places)
    let report = try await engine.sync(deadline: .seconds(30), listener: places)
    let wrote = report.created + report.updated + report.deleted
    print("\(report.end) \(wrote) \(try await engine.status().digest) \(places.passed)")
}

// A device that is set up: FOLDER begin URL. One sync of it: FOLDER sync PLACE, where it dies at that
// place; at none where it is 0.
let words = CommandLine.arguments
let device = URL(fileURLWithPath: words[1])
if words[2] == "begin" {
    try await begin(device, words[3])
} else {
    try await sync(device, Int(words[3])!)
}
