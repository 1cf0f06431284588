package import Configuration
import Endpoints
import Glibc
import IssuerKeys
import JSON
import Policy
package import Proxy
import Signing
import TLS
import Transport

/// Makes a configuration ready to serve: reads the secrets that it names, resolves its hosts, compiles its routes.
///
/// Blocks; not for a worker's thread.
package enum SnapshotBuilder {
  /// The snapshot, or every reason why there can be none, each with its place in the file.
  ///
  /// - Parameter previous: what is served until now; upstreams of which nothing has changed are taken over as they are.
  package static func build(
    _ configuration: GatewayConfiguration, for purpose: Snapshot.Purpose, after previous: Snapshot? = nil
  ) -> Result<Snapshot, ConfigurationErrors> {
    var diagnostics: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    let known = previous?.issuerSettings.map(\.source) ?? []
    let issuers = configuration.auth.issuers.compactMap {
      IssuerBuilder(configuration, after: known).issuer($0, &diagnostics, warnings: &warnings)
    }
    let answers = UpstreamBuilder.survey(configuration, for: purpose, after: previous)
    let builder = UpstreamBuilder(configuration, answers: answers, after: previous)
    var files = UpstreamTLSReader(configuration)
    let upstreams = configuration.upstreams.map { upstream in
      var tls: UpstreamTLS?
      if purpose != .explaining, let settings = upstream.tls, let material = files.read(settings) {
        tls = UpstreamTLS(settings, material)
      }
      return builder.upstream(upstream, tls: tls)
    }
    diagnostics += files.errors
    warnings += files.warnings
    if purpose != .explaining {
      warnings += builder.warnings
      diagnostics += SocketAccess.check(configuration)
    }
    let policy: Policy
    do throws(PolicyError) {
      policy = try Policy(configuration)
    } catch {
      return .failure(ConfigurationErrors(diagnostics: diagnostics + error.diagnostics))
    }
    let listeners = listeners(configuration, for: purpose, after: previous, &diagnostics, &warnings)
    // Last, so that nothing is made for a configuration that has an error.
    let own = OwnTokens(
      configuration, for: diagnostics.isEmpty || purpose != .serving ? purpose : .checking, after: previous,
      &diagnostics)
    guard diagnostics.isEmpty else { return .failure(ConfigurationErrors(diagnostics: diagnostics)) }
    if purpose != .explaining {
      warnings += ExposedSecrets.warnings(configuration, issuers: issuers, signing: own.signing)
      warnings += OddSecrets.warnings(configuration, issuers: issuers)
    }
    return .success(
      Snapshot(
        configuration: configuration, policy: policy, listeners: listeners,
        issuers: issuers, accounts: own.accounts,
        accountTokens: own.tokens, signing: own.signing, upstreams: upstreams, hostAnswers: answers,
        warnings: warnings))
  }

  /// The listeners in the order of the file, the admin listener last, with their certificates as far as they can be used.
  private static func listeners(
    _ configuration: GatewayConfiguration, for purpose: Snapshot.Purpose, after previous: Snapshot?,
    _ diagnostics: inout [Diagnostic], _ warnings: inout [Diagnostic]
  ) -> [ListenerSettings] {
    var entries = configuration.listeners
    if let admin = configuration.admin {
      var entry = ListenerConfiguration(address: admin.address)
      entry.tls = admin.tls
      entries.append(entry)
    }
    guard purpose != .explaining, entries.contains(where: { $0.tls != nil }) else {
      return entries.map { ListenerSettings($0) }
    }
    let tickets: TicketKeys
    do throws(TLSFileFault) {
      if let known = previous?.tickets { tickets = known } else { tickets = try TicketKeys(now: time(nil)) }
    } catch {
      diagnostics.append(configuration.error(at: entries[0].address.location, "TLS can't be used: \(error.text)"))
      return []
    }
    var reader = ListenerTLSReader(
      configuration, tickets: tickets, takesExpired: purpose == .serving && previous == nil)
    let all = entries.enumerated().map { number, entry in
      (entry: entry, tls: reader.read(entry, number: number).map { ListenerTLS($0, tickets: tickets) })
    }
    let listeners = all.map { entry, tls in
      let rivals = all.filter { !$0.entry.asksForSameCertificates(as: entry) }.compactMap(\.tls)
      return ListenerSettings(entry, tls: tls, rivals: rivals)
    }
    diagnostics += reader.errors
    warnings += reader.warnings
    return listeners
  }

  /// The keys with which the gateway issues tokens, as far as they are configured.
  private struct OwnTokens {
    var signing: SigningSource?
    var accounts: AccountService?
    /// Also for a check, where they can be read.
    var tokens: AccountTokens?

    init(
      _ configuration: GatewayConfiguration, for purpose: Snapshot.Purpose, after previous: Snapshot?,
      _ diagnostics: inout [Diagnostic]
    ) {
      do throws(ConfigurationErrors) {
        switch purpose {
        case .checking, .explaining:
          // Each by itself, so that every error is found.
          signing = try SigningSetup(configuration)?.read()
        case .serving: signing = try SigningSetup(configuration)?.open(after: previous?.signing)
        }
      } catch {
        diagnostics += error.diagnostics
      }
      guard let accounts = configuration.accounts, let setup = AccountsSetup(configuration) else { return }
      switch purpose {
      case .checking, .explaining:
        Self.collect(&diagnostics) { () throws(ConfigurationErrors) in _ = try setup.defaultRoles() }
        Self.collect(&diagnostics) { () throws(ConfigurationErrors) in try setup.checkStore() }
        Self.collect(&diagnostics) { () throws(ConfigurationErrors) in _ = try setup.openBreachedPasswords() }
        Self.collect(&diagnostics) { () throws(ConfigurationErrors) in tokens = try setup.readTokens(signing: signing) }
      case .serving:
        guard diagnostics.isEmpty else { return }
        Self.collect(&diagnostics) { () throws(ConfigurationErrors) in
          let opened = try AccountService(
            setup, accounts, signing: signing, after: previous?.accounts, now: currentUnixTime())
          self.accounts = opened
          tokens = opened.tokens
        }
      }
    }

    /// Does one of several things that may each go wrong by itself.
    private static func collect(_ diagnostics: inout [Diagnostic], _ body: () throws(ConfigurationErrors) -> Void) {
      do throws(ConfigurationErrors) { try body() } catch { diagnostics += error.diagnostics }
    }
  }

  /// Resolves an address of the configuration into one of the kernel.
  static func resolve(
    _ address: Located<NetworkAddress>, _ configuration: GatewayConfiguration, _ diagnostics: inout [Diagnostic]
  ) -> [SocketAddress] {
    switch address.value {
    case .tcp(let host, let port):
      do throws(SocketAddress.ResolutionError) {
        return try SocketAddress.resolve(host: host, port: port)
      } catch {
        diagnostics.append(
          configuration.error(at: address.location, "the host '\(host)' can't be resolved: \(error.text)"))
        return []
      }
    case .unix(let path):
      if path.utf8.count > SocketAddress.unixPathLimit {
        diagnostics.append(
          configuration.error(
            at: address.location,
            "the path of a unix socket may have \(SocketAddress.unixPathLimit) bytes, this one has \(path.utf8.count)"))
      }
      return [.unix(path: path)]
    }
  }

  /// The sockets that the listeners of a configuration ask for, the admin listener's last; nil where there was an error.
  ///
  /// A name may stand for several addresses: one socket for each would be a surprise, so the first is it. The kernel would let two
  /// listeners share an address, and spread the clients over both.
  static func resolveListeners(
    _ configuration: GatewayConfiguration, _ diagnostics: inout [Diagnostic]
  ) -> [(place: Located<NetworkAddress>, address: SocketAddress?)] {
    var resolved: [(place: Located<NetworkAddress>, address: SocketAddress?)] = []
    for place in configuration.listeners.map(\.address) + (configuration.admin.map { [$0.address] } ?? []) {
      var address = resolve(place, configuration, &diagnostics).first
      if let found = address, found.port != 0,
        let twin = resolved.first(where: { $0.address == found && $0.place.value != place.value })
      {
        let location = twin.place.location
        diagnostics.append(
          configuration.error(
            at: place.location,
            "'\(place.value)' and '\(twin.place.value)', at line \(location.line), column \(location.column), are one address, \(found)"
          ))
        address = nil
      }
      resolved.append((place, address))
    }
    return resolved
  }
}
