import Foundation
import Kalends
import Testing

private let long = Duration.seconds(30)

private func wrote(_ report: SyncReport) -> [Int64] { [report.created, report.updated, report.deleted] }

/// An edge between the only calendars of two people; from the first to the second, or back.
private func edge(_ engine: Engine, _ url: String, back: Bool = false) async throws {
    let (work, home) = try await accounts(engine, url)
    let one = try await engine.calendars(account: work.id)[0].id
    let two = try await engine.calendars(account: home.id)[0].id
    let (source, target) = back ? (two, one) : (one, two)
    let draft = EdgeDraft(source: source, target: .existing(calendarId: target), detail: .busy)
    _ = try await engine.addEdge(draft: draft)
}

/// A keychain that throws what nobody declared.
private final class BrokenKeychain: SecureStorage, @unchecked Sendable {
    private let (lock, real) = (NSLock(), Memory())
    private var broken = true

    func mend() { lock.withLock { broken = false } }

    func get(key: String) throws -> Data? { try real.get(key: key) }

    func put(key: String, value: Data) throws -> Bool {
        if lock.withLock({ broken }) { throw Surprise(what: "the app's own mistake") }
        return try real.put(key: key, value: value)
    }

    func delete(key: String) throws -> Bool { try real.delete(key: key) }
}

/// Asks the engine to stop, and fails.
private final class Stopper: SyncListener, @unchecked Sendable {
    private weak var engine: Engine?

    init(_ engine: Engine) { self.engine = engine }

    func onProgress(stage: SyncStage) throws -> Bool {
        _ = try engine?.stop(now: false)
        throw Surprise(what: "a listener's own mistake")
    }
}

@Suite(.serialized) struct Devices {
    @Test func twoDevicesOfOneGraphKeepOneMirrorAnEvent() async throws {
        let server = try Server()
        let (work, home) = (try await server.path(0), try await server.path(1))
        for hour in [9, 11, 13] { try await server.alice.put(work, "choir-\(hour)", "Choir", hour: hour) }
        let first = try openEngine(folder: folder(), storage: Memory())
        try await edge(first, server.url)
        _ = try await first.sync(deadline: long)
        let bundle = try await first.exportBundle()
        let second = try openEngine(folder: folder(), storage: Memory(), bundle: bundle)
        _ = try await accounts(second, server.url)
        // Zero writes count only where a tampered mirror is mended in the same run.
        for engine in [second, first, second] {
            let name = try await server.bob.titles(home).keys.min()!
            try await server.bob.retitle(home, name, "Mine")
            #expect(try await wrote(engine.sync(deadline: long)) == [0, 1, 0])
            #expect(try await Array(server.bob.titles(home).values) == ["Busy", "Busy", "Busy"])
        }
        for engine in [first, second] { #expect(try await wrote(engine.sync(deadline: long)) == [0, 0, 0]) }
    }

    @Test func aDeviceWithoutTheBundleLeavesTheOthersMirrorsAloneAndSaysSo() async throws {
        let server = try Server()
        try await server.alice.put(server.path(0), "choir", "Choir")
        let one = try openEngine(folder: folder(), storage: Memory())
        try await edge(one, server.url)
        #expect(try await one.sync(deadline: long).created == 1)
        let other = try openEngine(folder: folder(), storage: Memory())
        try await edge(other, server.url, back: true)
        #expect(try await wrote(other.sync(deadline: long)) == [0, 0, 0])
        let aside = try await other.setAside()
        #expect(aside.map(\.place) == ["home/Home"] && aside.map(\.reason.code) == ["foreign-managed"])
        let explained = try await other.explain(event: aside[0].object)
        #expect(explained?.presences.map(\.reasons) == [[aside[0].reason]])
        #expect(try await Array(server.bob.titles(server.path(1)).values) == ["Busy"])
    }

    @Test func editsMadeOfflineAreProjectedWhenTheNetworkReturns() async throws {
        let (server, air) = (try Server(), Airplane())
        let engine = try openEngine(folder: folder(), storage: Memory(), http: air)
        let (_, home) = try await accounts(engine, server.url)
        air.set(.off)
        let day = "\(day.prefix(4))-\(day.dropFirst(4).prefix(2))-\(day.suffix(2))"
        let at = EventTime.zoned(start: "\(day)T09:00:00", zone: "Europe/Berlin", seconds: 3_600)
        let event = try await engine.putEvent(draft: EventDraft(title: "Made offline", time: at))
        #expect(try await engine.nextWake() == nil)
        let (own, target) = (try await engine.ownCalendar()!, try await engine.calendars(account: home.id)[0].id)
        let into = EdgeEnd.existing(calendarId: target)
        _ = try await engine.addEdge(draft: EdgeDraft(source: own.id, target: into, detail: .title))
        #expect(try await engine.nextWake()! <= Int64(Date().timeIntervalSince1970 * 1_000))
        #expect(try await !engine.sync(deadline: .seconds(5)).failures.isEmpty)
        let seen = try await engine.event(event: event)!.held[0].draft
        var draft = seen
        draft.title = "Changed offline"
        #expect(try await engine.changeEvent(event: event, calendarId: own.id, seen: seen, draft: draft))
        let change = try await engine.journal(after: 0).entries.last!
        air.set(.on)
        #expect(try await engine.sync(deadline: long, askedFor: true).end == .settled)
        #expect(try await Array(server.bob.titles(server.path(1)).values) == ["Changed offline"])
        #expect(try await engine.undo(run: change.run).left.isEmpty)
        #expect(try await wrote(engine.sync(deadline: long)) == [0, 1, 0])
        #expect(try await Array(server.bob.titles(server.path(1)).values) == ["Made offline"])
        #expect(try await engine.deleteEvent(event: event))
        #expect(try await wrote(engine.sync(deadline: long)) == [0, 0, 1])
    }

    @Test func anAeroplaneThatTakesOffInMidSyncLosesNothing() async throws {
        let (server, air) = (try Server(), Airplane())
        let (work, home) = (try await server.path(0), try await server.path(1))
        for hour in [9, 11, 13] { try await server.alice.put(work, "choir-\(hour)", "Choir", hour: hour) }
        let engine = try openEngine(folder: folder(), storage: Memory(), http: air)
        try await edge(engine, server.url)
        // Later each time, until a sync gets through before it.
        var (created, requests, cut) = (Int64(0), 1, 0)
        while created < 3 {
            air.set(.takesOff(requests))
            let report = try await engine.sync(deadline: long, askedFor: true)
            created += report.created
            cut += report.end == .settled ? 0 : 1
            requests += 1
            #expect(report.failures.isEmpty == (report.end == .settled))
        }
        #expect(cut >= 4)
        air.set(.on)
        #expect(try await engine.sync(deadline: long, askedFor: true).end == .settled)
        #expect(try await Array(server.bob.titles(home).values) == ["Busy", "Busy", "Busy"])
    }

    @Test func aKeychainThatThrowsIsTold() async throws {
        let keychain = BrokenKeychain()
        do {
            _ = try openEngine(folder: folder(), storage: keychain)
            Issue.record("a key that was not kept was used")
        } catch EngineError.Storage {}
        keychain.mend()
        _ = try openEngine(folder: folder(), storage: keychain)
    }

    @Test func aListenerStopsASync() async throws {
        let server = try Server()
        let engine = try openEngine(folder: folder(), storage: Memory())
        try await edge(engine, server.url)
        #expect(try await engine.sync(deadline: long, listener: Stopper(engine)).end == .stopped)
        #expect(try await engine.sync(deadline: long).end == .settled)
    }
}
