import Foundation
import Kalends

/// Secrets as files of a folder; an app has the Keychain for them.
final class Files: SecureStorage {
    private let folder: URL

    init(_ folder: URL) { self.folder = folder }

    func get(key: String) throws -> Data? { try? Data(contentsOf: folder.appendingPathComponent(key)) }

    func put(key: String, value: Data) throws -> Bool {
        let file = folder.appendingPathComponent(key)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try value.write(to: file, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return true
    }

    func delete(key: String) throws -> Bool {
        let file = folder.appendingPathComponent(key).path
        if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
        return true
    }
}

// Keeps the busy times of one CalDAV account in another, until interrupted.
let words = CommandLine.arguments.dropFirst().map { $0 }
guard words.count == 7 else {
    print("federate FOLDER URL USER PASSWORD URL USER PASSWORD")
    exit(2)
}
let folder = URL(fileURLWithPath: words[0])
let storage = Files(folder.appendingPathComponent("secrets"))
let engine = try openEngine(folder: folder.appendingPathComponent("graph"), storage: storage)
let work = try await engine.addCaldavAccount(name: "work", url: words[1], user: words[2], password: words[3])
let home = try await engine.addCaldavAccount(name: "home", url: words[4], user: words[5], password: words[6])
if try await engine.edges().isEmpty {
    let source = try await engine.calendars(account: work.id)[0].id
    let draft = EdgeDraft(source: source, target: .overlay(account: home.id), detail: .busy)
    _ = try await engine.addEdge(draft: draft)
}
while true {
    let report = try await engine.sync(deadline: .seconds(60))
    print("\(report.end) read \(report.pulled), wrote \(report.created)")
    report.failures.forEach { print("  \($0.reason)") }
    fflush(nil)
    let wake = try await engine.nextWake().map { Double($0) / 1_000 - Date().timeIntervalSince1970 }
    try await Task.sleep(for: .seconds(min(300, max(5, wake ?? 300))))
}
