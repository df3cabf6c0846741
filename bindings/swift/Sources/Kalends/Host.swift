import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Opens the graph of a folder, which is made where it is missing.
public func openEngine(
    folder: URL,
    storage: SecureStorage,
    http: HttpClient = SessionHttp(),
    timer: HostTimer? = nil,
    bundle: String? = nil,
    noticesAt: String? = nil
) throws -> Engine {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let config = EngineConfig(folder: folder.path, contract: madeFor, bundle: bundle, noticesAt: noticesAt)
    return try Engine.open(config: config, http: http, storage: storage, timer: timer)
}

extension Engine {
    /// Syncs. Cancelling the task ends it at once, at no loss, and throws `CancellationError`; so
    /// does an expiration handler that cancels the task.
    public func sync(
        deadline: Duration,
        askedFor: Bool = false,
        listener: SyncListener? = nil
    ) async throws -> SyncReport {
        try await cancellable {
            try await self.syncNow(deadlineMs: deadline.ms, askedFor: askedFor, listener: listener)
        }
    }

    /// Does what is due: for a silent push, after `deliver`.
    public func syncWhatIsDue(
        deadline: Duration,
        listener: SyncListener? = nil
    ) async throws -> SyncReport {
        try await cancellable { try await self.syncDue(deadlineMs: deadline.ms, listener: listener) }
    }

    private func cancellable(
        _ work: @Sendable () async throws -> SyncReport
    ) async throws -> SyncReport {
        let report = try await withTaskCancellationHandler(operation: work) {
            _ = try? self.stop(now: true)
        }
        try Task.checkCancellation()
        return report
    }
}

/// HTTP by URLSession, which sends a request as it is and follows no redirect.
public final class SessionHttp: NSObject, HttpClient, URLSessionTaskDelegate, @unchecked Sendable {
    private var session: URLSession!

    public override init() {
        super.init()
        let settings = URLSessionConfiguration.ephemeral
        settings.httpShouldSetCookies = false
        session = URLSession(configuration: settings, delegate: self, delegateQueue: nil)
    }

    public func send(request: HttpRequest) async throws -> HttpResponse {
        guard let url = URL(string: request.url) else { throw HostError.Host(reason: "address") }
        var asked = URLRequest(url: url)
        asked.httpMethod = request.method
        asked.httpBody = request.body.isEmpty ? nil : request.body
        // On Linux only whole seconds count.
        asked.timeoutInterval = max(1, (Double(request.timeoutMs) / 1_000).rounded(.up))
        for header in request.headers {
            asked.setValue(header.value, forHTTPHeaderField: header.name)
        }
        do {
            let (body, answer) = try await session.data(for: asked)
            guard let answer = answer as? HTTPURLResponse else { throw HostError.Network }
            let headers = answer.allHeaderFields.map { Header(name: "\($0.key)", value: "\($0.value)") }
            return HttpResponse(status: Int32(answer.statusCode), headers: headers, body: body)
        } catch let error as URLError {
            switch error.code {
            case .timedOut: throw HostError.Timeout
            case .cannotConnectToHost, .cannotFindHost, .notConnectedToInternet, .dnsLookupFailed:
                throw HostError.Offline
            default: throw HostError.Network
            }
        }
    }

    public func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

extension Duration {
    fileprivate var ms: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
