import Foundation
import Kalends
import Testing
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

private let long = Duration.seconds(30)

/// A service that tells of changes.
private protocol Service: Sendable {
    var words: [String] { get }
    func client(_ ready: Simulated) throws -> ServiceClient
    /// The path for a new event, below a calendar's, and what is sent there.
    func event(_ calendar: String, _ title: String) -> (path: String, body: String)
    func forged(_ notice: PushNotice) throws -> PushNotice
}

private struct Google: Service {
    let words = ["google", "--calendar", "alice@example.com/Work"]

    func client(_ ready: Simulated) throws -> ServiceClient {
        try ServiceClient(
            service: .google, clientId: ready.said("client_id"), api: ready.said("api"), auth: ready.said("auth"))
    }

    func event(_ calendar: String, _ title: String) -> (path: String, body: String) {
        let at = { (hour: String) in "{\"dateTime\":\"\(dashed)T\(hour):00:00Z\"}" }
        let body = "{\"summary\":\"\(title)\",\"start\":\(at("09")),\"end\":\(at("10"))}"
        return ("/calendar/v3/calendars/\(calendar)/events", body)
    }

    func forged(_ notice: PushNotice) -> PushNotice {
        let fields = notice.headers.map { field in
            let isToken = field.name.lowercased() == "x-goog-channel-token"
            return isToken ? Header(name: field.name, value: "guessed") : field
        }
        return PushNotice(provider: notice.provider, headers: fields, body: notice.body)
    }
}

private struct Microsoft: Service {
    let words = ["graph", "--calendar", "alice@contoso.example/Work"]

    func client(_ ready: Simulated) throws -> ServiceClient {
        try ServiceClient(
            service: .microsoft, clientId: "app", api: ready.said("api") + "/v1.0", auth: ready.said("auth"))
    }

    func event(_ calendar: String, _ title: String) -> (path: String, body: String) {
        let at = { (hour: String) in "{\"dateTime\":\"\(dashed)T\(hour):00:00\",\"timeZone\":\"UTC\"}" }
        let body = "{\"subject\":\"\(title)\",\"start\":\(at("09")),\"end\":\(at("10"))}"
        return ("/v1.0/me/calendars/\(calendar)/events", body)
    }

    func forged(_ notice: PushNotice) throws -> PushNotice {
        let body = String(decoding: notice.body, as: UTF8.self)
        let state = try inside(body, "\"clientState\": *\"([^\"]*)\"")
        let guessed = Data(body.replacingOccurrences(of: state, with: "guessed").utf8)
        return PushNotice(provider: notice.provider, headers: notice.headers, body: guessed)
    }
}

/// The day as JSON has it.
private let dashed: String = {
    let (year, rest) = (day.prefix(4), day.dropFirst(4))
    return "\(year)-\(rest.prefix(2))-\(rest.suffix(2))"
}()

private func add(_ event: (path: String, body: String), _ ready: Simulated) async throws {
    var request = try URLRequest(url: URL(string: ready.said("api") + event.path)!)
    request.httpMethod = "POST"
    request.httpBody = Data(event.body.utf8)
    request.setValue("Bearer \(try ready.said("token"))", forHTTPHeaderField: "Authorization")
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    let (data, answer) = try await URLSession.shared.data(for: request)
    let status = (answer as! HTTPURLResponse).statusCode
    guard (200...201).contains(status) else {
        throw Surprise(what: "\(status) \(String(decoding: data, as: UTF8.self))")
    }
}

/// A change at the service is told to the app's server, passed on, and mirrored.
private func pushed(_ service: some Service) async throws {
    let (relay, home, ready) = (try Relay(), try Server(), try Simulated(service.words))
    defer { relay.end() }
    defer { withExtendedLifetime((home, ready)) {} }
    let engine = try openEngine(folder: folder(), storage: Memory(), noticesAt: relay.address)
    let tokens = "{\"access_token\":\"\(try ready.said("token"))\",\"expires_in\":3600}"
    let work = try await engine.addSignedInAccount(name: "work", client: service.client(ready), tokens: tokens)
    let other = try await engine.addCaldavAccount(name: "home", url: home.url, user: "bob", password: "builder")
    let source = try await engine.calendars(account: work.id).first { $0.name == "Work" }!.id
    let draft = EdgeDraft(source: source, target: .overlay(account: other.id), detail: .title)
    _ = try await engine.addEdge(draft: draft)
    #expect(try await engine.sync(deadline: long).end == .settled)
    for notice in relay.waiting() { _ = try await engine.deliver(notice: notice) }
    _ = try await engine.syncWhatIsDue(deadline: long)
    #expect(try await engine.syncWhatIsDue(deadline: long).requests == 0)

    let allowed = CharacterSet.alphanumerics
    let calendar = try ready.said("id").addingPercentEncoding(withAllowedCharacters: allowed)!
    try await add(service.event(calendar, "Choir"), ready)
    let notice = try relay.next()
    do {
        _ = try await engine.deliver(notice: service.forged(notice))
        Issue.record("a forged notice was taken")
    } catch EngineError.Invalid {}
    #expect(try await engine.syncWhatIsDue(deadline: long).requests == 0)

    #expect(try await engine.deliver(notice: notice))
    var report = try await engine.syncWhatIsDue(deadline: long)
    while report.created == 0 {
        // That one told of the opening of the watch, late.
        _ = try await engine.deliver(notice: relay.next())
        report = try await engine.syncWhatIsDue(deadline: long)
    }
    #expect(report.created == 1)
    let overlay = try await home.bob.calendars()["Other calendars"]!
    #expect(try await Array(home.bob.titles(overlay).values) == ["Choir"])
}

@Suite(.serialized) struct Services {
    @Test func aPushOfGoogleIsMirrored() async throws { try await pushed(Google()) }

    @Test func aPushOfMicrosoftIsMirrored() async throws { try await pushed(Microsoft()) }
}
