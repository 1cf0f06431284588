internal import COpenSSL

/// The certificates of a listener by the names of hosts, and all else that its TLS sessions begin with.
///
/// Immutable, for any thread; a change of a file makes another one, and sessions keep the one that they began with.
@safe
package final class ServerTLS: Sendable {
  /// For clients that name no host, or one that no certificate is for.
  let first: ServerContext
  package let tickets: TicketKeys?
  let isStrict: Bool
  /// In the form of RFC 7301 §3.1, the best first.
  let protocols: [[UInt8]]
  private let exact: [String: ServerContext]
  /// By what stands behind `*.`.
  private let wildcards: [String: ServerContext]
  /// The names of hosts that the certificates are for.
  package let hostNames: Set<String>
  package let pairs: [CertificatePair]
  package let clients: ClientAuthorities?

  /// The fault of one pair, by its place among them.
  package struct Fault: Error, Sendable, Equatable {
    package let pair: Int
    package let fault: TLSFileFault
  }

  package init(_ settings: ServerTLSSettings) throws(Fault) {
    tickets = settings.tickets
    isStrict = settings.isStrict
    protocols = settings.protocols.map { Array($0.utf8) }
    pairs = settings.pairs
    clients = settings.clients
    var contexts: [[Int]: ServerContext] = [:]
    func context(_ indices: [Int]) throws(Fault) -> ServerContext {
      if let known = contexts[indices] { return known }
      do throws(TLSFileFault) {
        let made = try ServerContext(indices.map { settings.pairs[$0] }, settings)
        contexts[indices] = made
        return made
      } catch {
        throw Fault(pair: indices[0], fault: error)
      }
    }
    /// Of the pairs for one name the first with an RSA key and the first with another.
    func chosen(_ indices: [Int]) -> [Int] {
      let rsa = indices.first { settings.pairs[$0].key.isRSA }
      let other = indices.first { !settings.pairs[$0].key.isRSA }
      return [rsa, other].compactMap { $0 }.sorted()
    }
    var byName: [String: [Int]] = [:]
    for (index, pair) in settings.pairs.enumerated() {
      for name in pair.hostNames { byName[name, default: []].append(index) }
    }
    let names = settings.pairs[0].hostNames
    // The first pair may have a twin of another kind.
    let twins = settings.pairs.indices.filter { $0 == 0 || settings.pairs[$0].hostNames == names }
    first = try context(chosen(Array(twins)))
    var exact: [String: ServerContext] = [:]
    var wildcards: [String: ServerContext] = [:]
    for (name, indices) in byName {
      let own = try context(chosen(indices))
      if name.hasPrefix("*.") { wildcards[String(name.dropFirst(2))] = own } else { exact[name] = own }
    }
    self.exact = exact
    self.wildcards = wildcards
    hostNames = Set(byName.keys)
  }

  /// The context for a name in lower case: one of its own before a wildcard.
  func context(for name: String) -> ServerContext? {
    if let own = exact[name] { return own }
    guard let dot = name.firstIndex(of: ".") else { return nil }
    return wildcards[String(name[name.index(after: dot)...])]
  }

  /// True if one of the certificates is for that name, given in lower case without a final dot.
  package func covers(_ name: String) -> Bool { context(for: name) != nil }
}
