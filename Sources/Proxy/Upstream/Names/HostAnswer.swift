package import Transport

/// The answer of the system's resolver to the question for a host.
package enum HostAnswer: Sendable, Equatable {
  /// The host's addresses, at least one; their port is 0.
  case addresses([SocketAddress])
  /// There is no such host, or it has no address; the resolver's text.
  case denied(String)
  /// The resolver could not say; its text.
  case failed(String)

  /// Asks the system's resolver.
  ///
  /// Blocks, for as long as the system's configuration says; not for a loop's thread.
  package static func ask(for host: String) -> HostAnswer {
    do throws(SocketAddress.ResolutionError) {
      let found = try SocketAddress.resolveReachable(host: host, port: 0)
      return found.isEmpty ? .denied("it has no address") : .addresses(found)
    } catch {
      return error.isDenial ? .denied(error.text) : .failed(error.text)
    }
  }

  /// The reason for having no addresses; nil if there are some.
  var problem: String? {
    switch self {
    case .addresses: nil
    case .denied(let text), .failed(let text): text
    }
  }
}
