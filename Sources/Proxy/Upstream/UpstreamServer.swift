import HTTP
import Synchronization
import TLS
import Transport

/// One entry of an upstream's `servers`.
final class UpstreamServer: Sendable {
  /// As the configuration writes it, for logs and for `host_header`.
  let name: String
  let place: Place
  let weight: Int
  /// The value of `Host` where the route wants the upstream's own name.
  let authority: UpstreamAuthority
  /// The name that its certificate must have, where TLS is spoken to it.
  let identity: ServerIdentity
  /// From when on its host may be asked for anew again, in nanoseconds of the monotonic clock.
  private let hurryOpens = Atomic<Int64>(.min)

  /// The place of a server.
  enum Place: Sendable, Equatable {
    case fixed(SocketAddress)
    /// At whatever addresses the host has by now.
    case host(String, port: UInt16)
  }

  init(
    name: String, place: Place, weight: Int, authority: UpstreamAuthority, identity: ServerIdentity = .host("localhost")
  ) {
    self.name = name
    self.identity = identity
    self.place = place
    self.weight = weight
    self.authority = authority
  }

  /// Nil unless its addresses may change.
  var host: String? { if case .host(let host, _) = place { host } else { nil } }

  /// Its addresses by now.
  ///
  /// - Parameter answers: the addresses that hosts are known to have; their ports don't matter.
  func addresses(by answers: [String: [SocketAddress]]) -> [SocketAddress] {
    switch place {
    case .fixed(let address): [address]
    case .host(let host, let port): (answers[host] ?? []).map { $0.with(port: port) }
    }
  }

  /// The least time between two failures that count, in nanoseconds.
  private static let hurryPause: Int64 = 100_000_000

  /// The host that is to be asked for anew because a connection has failed; nil if it has no host, or if that was said just now.
  ///
  /// Costs a load, however many connections fail.
  func hostToHurry(at now: MonotonicTime) -> String? {
    guard let host else { return nil }
    let opens = hurryOpens.load(ordering: .relaxed)
    guard now.nanoseconds >= opens else { return nil }
    let next = now.advanced(byNanoseconds: Self.hurryPause).nanoseconds
    return hurryOpens.compareExchange(expected: opens, desired: next, ordering: .relaxed).exchanged ? host : nil
  }
}

/// One address of a server: what requests are spread over, and what is healthy or not.
///
/// Shared by the workers. It lives as long as the server has the address; for any thread.
final class UpstreamEndpoint: Sendable {
  let server: UpstreamServer
  let address: SocketAddress
  let monitor: ServerMonitor
  let failures = FailureLog()

  init(_ server: UpstreamServer, at address: SocketAddress, monitor: ServerMonitor) {
    self.server = server
    self.address = address
    self.monitor = monitor
  }

  /// As messages name it: the server, and its address where that is not the same.
  var label: String { server.host == nil ? server.name : "\(server.name) (\(address))" }
}
