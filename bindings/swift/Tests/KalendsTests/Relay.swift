import Foundation
import Kalends
#if canImport(Glibc)
import Glibc
private let stream = Int32(SOCK_STREAM.rawValue)
#else
import Darwin
private let stream = SOCK_STREAM
#endif

/// The app's own server: takes in notices of providers, for the device.
final class Relay: @unchecked Sendable {
    let address: String
    private let listening: Int32
    private let told = NSCondition()
    private var notices: [PushNotice] = []

    init() throws {
        let listening = socket(AF_INET, stream, 0)
        var at = sockaddr_in()
        at.sin_family = sa_family_t(AF_INET)
        at.sin_addr.s_addr = inet_addr("127.0.0.1")
        let bytes = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &at) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                var told = bytes
                return bind(listening, place, bytes) == 0 && listen(listening, 16) == 0
                    && getsockname(listening, place, &told) == 0
            }
        }
        if !listens { throw Surprise(what: "no socket: \(errno)") }
        self.listening = listening
        address = "http://127.0.0.1:\(UInt16(bigEndian: at.sin_port))/hooks"
        Thread.detachNewThread {
            while case let visit = accept(listening, nil, nil), visit >= 0 {
                self.answer(visit)
                close(visit)
            }
        }
    }

    /// Nobody comes in any more.
    func end() {
        shutdown(listening, Int32(SHUT_RDWR))
        close(listening)
    }

    func next() throws -> PushNotice {
        told.lock()
        defer { told.unlock() }
        let end = Date().addingTimeInterval(10)
        while notices.isEmpty {
            if !told.wait(until: end) { throw Surprise(what: "nothing was told") }
        }
        return notices.removeFirst()
    }

    func waiting() -> [PushNotice] {
        told.lock()
        defer { told.unlock() }
        defer { notices = [] }
        return notices
    }

    /// A notice is kept and answered with 202; the question whether we are here, with its token.
    private func answer(_ visit: Int32) {
        guard let (head, body) = request(visit), let first = head.first else { return }
        let path = first.split(separator: " ")[1].replacingOccurrences(of: "+", with: "%20")
        let asked = URLComponents(string: path)
        let token = asked?.queryItems?.first { $0.name == "validationToken" }?.value
        if token == nil {
            let fields = head.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return Header(name: String(parts[0]), value: parts[1].trimmingCharacters(in: .whitespaces))
            }
            let provider = asked?.path.split(separator: "/").last.map(String.init) ?? ""
            told.lock()
            notices.append(PushNotice(provider: provider, headers: fields, body: body))
            told.signal()
            told.unlock()
        }
        let (status, text) = token.map { ("200 OK", $0) } ?? ("202 Accepted", "")
        let answer = "HTTP/1.1 \(status)\r\nContent-Type: text/plain\r\nContent-Length: \(text.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(text)"
        _ = answer.withCString { write(visit, $0, strlen($0)) }
    }

    /// The lines of the head, and the body.
    private func request(_ visit: Int32) -> (head: [String], body: Data)? {
        var (came, piece) = (Data(), [UInt8](repeating: 0, count: 65_536))
        while true {
            if let end = came.range(of: Data("\r\n\r\n".utf8)) {
                let head = String(decoding: came[..<end.lowerBound], as: UTF8.self)
                let length = (try? inside(head, "(?i)content-length: *([0-9]+)")).flatMap { Int($0) } ?? 0
                if came.count >= end.upperBound + length {
                    return (head.components(separatedBy: "\r\n"), Data(came[end.upperBound...]))
                }
            }
            let read = recv(visit, &piece, piece.count, 0)
            if read <= 0 { return nil }
            came.append(contentsOf: piece[..<read])
        }
    }
}
