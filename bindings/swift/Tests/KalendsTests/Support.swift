import Foundation
import Kalends
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Inside every edge's window, whatever the day is.
let soon = Date().addingTimeInterval(7 * 86_400)

let day = written(soon)

private func written(_ at: Date) -> String {
    let format = DateFormatter()
    format.dateFormat = "yyyyMMdd"
    format.timeZone = TimeZone(identifier: "UTC")
    return format.string(from: at)
}

struct Surprise: Error {
    let what: String
}

/// Secrets in memory, as an app's keychain.
final class Memory: SecureStorage, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String: Data] = [:]

    func get(key: String) throws -> Data? { lock.withLock { kept[key] } }

    func put(key: String, value: Data) throws -> Bool {
        lock.withLock { kept[key] = value }
        return true
    }

    func delete(key: String) throws -> Bool {
        lock.withLock { kept[key] = nil }
        return true
    }
}

/// HTTP that a test switches.
final class Airplane: HttpClient, @unchecked Sendable {
    /// `takesOff` after so many requests.
    enum Mode { case on, off, deaf, broken, takesOff(Int) }

    private let lock = NSLock()
    private let real = SessionHttp()
    private var mode = Mode.on
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var asked = false

    func set(_ mode: Mode) { lock.withLock { (self.mode, asked) = (mode, false) } }

    /// Comes back when a request is under way.
    func isAsked() async {
        await withCheckedContinuation { next in
            let there = lock.withLock {
                if !asked { waiting.append(next) }
                return asked
            }
            if there { next.resume() }
        }
    }

    func send(request: HttpRequest) async throws -> HttpResponse {
        let (mode, heard) = lock.withLock {
            asked = true
            defer { waiting = [] }
            if case let .takesOff(left) = self.mode { self.mode = .takesOff(left - 1) }
            return (self.mode, waiting)
        }
        heard.forEach { $0.resume() }
        switch mode {
        case .on: return try await real.send(request: request)
        case .off: throw HostError.Offline
        case let .takesOff(left) where left < 0: throw HostError.Offline
        case .takesOff: return try await real.send(request: request)
        case .deaf:
            try await Task.sleep(for: .seconds(3_600))
            throw HostError.Timeout
        case .broken: throw Surprise(what: "the app's own mistake")
        }
    }
}

/// A simulated provider, in a process of its own.
final class Simulated {
    private let process = Process()
    private let ready: String

    init(_ words: [String]) throws {
        let said = Pipe()
        process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["KALENDS_SIM"]!)
        process.arguments = words
        process.standardOutput = said
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let piece = said.fileHandleForReading.availableData
            if piece.isEmpty { throw Surprise(what: "the server ended: \(line)") }
            line += String(decoding: piece, as: UTF8.self)
        }
        ready = line
    }

    /// What it says of itself when it is ready: the first of this name.
    func said(_ name: String) throws -> String { try inside(ready, "\"\(name)\":\"([^\"]*)\"") }

    /// It may have been started with other signals blocked.
    deinit {
        kill(process.processIdentifier, SIGKILL)
        while process.isRunning { usleep(1_000) }
    }
}

/// A CalDAV server with alice and bob.
final class Server {
    private let simulated: Simulated
    let url: String
    let alice: Person
    let bob: Person

    init(seed: Int = 0, port: Int = 0) throws {
        simulated = try Simulated([
            "caldav", "--listen", "127.0.0.1:\(port)", "--seed", "\(seed)",
            "--user", "alice:wonder", "--user", "bob:builder",
            "--calendar", "alice/Work", "--calendar", "bob/Home",
        ])
        url = try simulated.said("url")
        alice = Person(url: url, user: "alice", password: "wonder")
        bob = Person(url: url, user: "bob", password: "builder")
    }

    var people: [Person] { [alice, bob] }

    /// Where the calendar of one of them is.
    func path(_ who: Int) async throws -> String {
        try await people[who].calendars()[["Work", "Home"][who]]!
    }

    /// Does something with a server, which is gone afterwards.
    static func served<T>(_ seed: Int, _ port: Int, _ work: (Server) async throws -> T) async throws -> T {
        let server = try Server(seed: seed, port: port)
        return try await work(server)
    }
}

/// Someone at a calendar program of their own.
struct Person: Sendable {
    let url: String
    let user: String
    let password: String

    func ask(_ method: String, _ path: String, _ body: String = "", depth: String? = nil) async throws -> String {
        var request = URLRequest(url: URL(string: path, relativeTo: URL(string: url)!)!)
        request.httpMethod = method
        request.httpBody = Data(body.utf8)
        let token = Data("\(user):\(password)".utf8).base64EncodedString()
        request.setValue("Basic \(token)", forHTTPHeaderField: "Authorization")
        let kind = body.hasPrefix("BEGIN") ? "text/calendar" : "text/xml"
        request.setValue(kind, forHTTPHeaderField: "Content-Type")
        request.setValue(depth, forHTTPHeaderField: "Depth")
        let (data, answer) = try await URLSession.shared.data(for: request)
        let status = (answer as! HTTPURLResponse).statusCode
        let text = String(decoding: data, as: UTF8.self)
        guard (200..<300).contains(status) else { throw Surprise(what: "\(method) \(path): \(status) \(text)") }
        return text
    }

    /// Paths of all calendars by display name.
    func calendars() async throws -> [String: String] {
        let principal = try await property("/", "current-user-principal", "DAV:")
        let home = try await property(principal, "calendar-home-set", "urn:ietf:params:xml:ns:caldav")
        let body = "<propfind xmlns=\"DAV:\"><prop><displayname/><resourcetype/></prop></propfind>"
        var found: [String: String] = [:]
        for one in responses(try await ask("PROPFIND", home, body, depth: "1")) where one.contains("calendar") {
            if let name = try? inside(one, "displayname>([^<]+)<") {
                found[name] = try inside(one, "href>([^<]*)<")
            }
        }
        return found
    }

    private func property(_ path: String, _ name: String, _ space: String) async throws -> String {
        let body = "<propfind xmlns=\"DAV:\"><prop><x:\(name) xmlns:x=\"\(space)\"/></prop></propfind>"
        let text = try await ask("PROPFIND", path, body, depth: "0")
        return try inside(String(text[text.range(of: name)!.lowerBound...]), "href>([^<]*)<")
    }

    func put(
        _ calendar: String, _ name: String, _ title: String, hour: Int = 9, after days: Int = 0
    ) async throws {
        let at = hour < 10 ? "0\(hour)" : "\(hour)"
        let day = days == 0 ? day : written(soon.addingTimeInterval(Double(days) * 86_400))
        let event = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//person//EN", "BEGIN:VEVENT", "UID:\(name)",
            "DTSTAMP:20260101T000000Z", "DTSTART:\(day)T\(at)0000Z", "DTEND:\(day)T\(at)3000Z",
            "SUMMARY:\(title)", "END:VEVENT", "END:VCALENDAR", "",
        ]
        _ = try await ask("PUT", "\(calendar)\(name).ics", event.joined(separator: "\r\n"))
    }

    /// Changes the title of an object, named with its end, and nothing else of it.
    func retitle(_ calendar: String, _ name: String, _ title: String) async throws {
        let event = try await ask("GET", calendar + name)
        let line = try inside(event, "(SUMMARY:[^\r\n]*)")
        _ = try await ask("PUT", calendar + name, event.replacingOccurrences(of: line, with: "SUMMARY:\(title)"))
    }

    func delete(_ calendar: String, _ name: String) async throws {
        _ = try await ask("DELETE", "\(calendar)\(name).ics")
    }

    /// The titles of all objects of a calendar, by their last path segment.
    func titles(_ calendar: String) async throws -> [String: String] {
        let body = "<c:calendar-query xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><prop>"
            + "<c:calendar-data/></prop><c:filter><c:comp-filter name=\"VCALENDAR\"/></c:filter></c:calendar-query>"
        var found: [String: String] = [:]
        for one in responses(try await ask("REPORT", calendar, body, depth: "1")) {
            let path = try inside(one, "href>([^<]*)<")
            found[String(path.split(separator: "/").last!)] = try inside(one, "SUMMARY:([^\r\n&]*)")
        }
        return found
    }
}

private func responses(_ text: String) -> [String] {
    text.components(separatedBy: "response>").filter { $0.contains("href>") }
}

func inside(_ text: String, _ pattern: String) throws -> String {
    let found = try NSRegularExpression(pattern: pattern)
        .firstMatch(in: text, range: NSRange(text.startIndex..., in: text))
    guard let found, let range = Range(found.range(at: 1), in: text) else {
        throw Surprise(what: "no \(pattern) in \(text)")
    }
    return String(text[range])
}

/// The `kalends` binary on a data folder.
struct Tokio {
    let folder: URL

    func run(_ words: String...) throws -> String { try run(words, password: nil) }

    func run(_ words: [String], password: String?) throws -> String {
        let (process, said) = (Process(), Pipe())
        var environment = ProcessInfo.processInfo.environment
        process.executableURL = URL(fileURLWithPath: environment["KALENDS_CLI"]!)
        environment["KALENDS_DATA"] = folder.path
        environment["KALENDS_PASSWORD"] = password
        process.environment = environment
        process.arguments = ["--json"] + words
        process.standardOutput = said
        try process.run()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Surprise(what: "\(words): \(text)") }
        return text
    }
}
