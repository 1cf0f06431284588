import Bytes
import Configuration
import Gateway
import Glibc
import IssuerKeys
import Policy
import Proxy
import Tokens
import Transport

/// The commands, each a few calls into the modules that do the work.
enum Commands {
  static func print(_ text: String) -> Int32 {
    Terminal.print(text)
    return ExitCode.fine
  }

  static func run(_ file: ConfigurationFile) -> Int32 {
    // Before any thread starts, so that all of them inherit it.
    let signals = Signals(blocking: [SIGTERM, SIGQUIT, SIGINT, SIGHUP, SIGUSR1, SIGUSR2])
    guard let snapshot = file.snapshot(for: .serving) else { return ExitCode.failure }
    do throws(ConfigurationErrors) {
      var supervisor = try Supervisor(snapshot) { file.read(for: .serving, after: $0) }
      return supervisor.run(signals) ? ExitCode.fine : ExitCode.failure
    } catch {
      ConfigurationFile.show(error.diagnostics)
      return ExitCode.failure
    }
  }

  static func test(_ file: ConfigurationFile) -> Int32 {
    guard file.check() else { return ExitCode.failure }
    return print("portcullis: \(file.name): the configuration is fine")
  }

  static func inspect(_ argument: String?, _ file: ConfigurationFile) -> Int32 {
    guard let snapshot = file.snapshot(for: .explaining) else { return ExitCode.failure }
    let given: [UInt8]
    if let argument, argument != "-" {
      given = Array(argument.utf8)
    } else {
      do throws(SystemError) {
        given = try FileReader.readInput(limit: 128 * 1024)
      } catch {
        Terminal.error("portcullis: standard input can't be read: \(error)")
        return ExitCode.failure
      }
    }
    guard let revocations = revocations(of: snapshot) else { return ExitCode.failure }
    let token = TokenText.cleaned(given)
    do throws(KeyError) {
      let byteCountMax = snapshot.configuration.limits.token
      let issuer = try TokenVerifier(issuers: snapshot.issuers, byteCountMax: byteCountMax).issuerIndex(of: token.span)
      if let issuer { fetchKeys(for: snapshot, issuer: issuer) }
      let verifier = try TokenVerifier(issuers: snapshot.issuers, byteCountMax: byteCountMax)
      let inspection = TokenInspection(token.span, verifier: verifier, now: currentUnixTime())
      let authenticator = try Authenticator(issuers: snapshot.issuers, policy: snapshot.policy)
      return show(
        inspection, isRevoked: authenticator.isRevoked(token.span, now: currentUnixTime(), revocations))
    } catch {
      Terminal.error("portcullis: \(error.message)")
      return ExitCode.failure
    }
  }

  /// Fetches the keys that a judgement takes, and prints their errors.
  ///
  /// - Parameter issuer: the place of the issuer whose keys are wanted.
  static func fetchKeys(for snapshot: Snapshot, issuer: Int) {
    do throws(SystemError) {
      guard let finding = try OneShotKeyFetch.fetch(of: snapshot.issuerSettings, at: issuer) else { return }
      if let failure = finding.failure {
        Terminal.error("warning: issuer '\(finding.issuer)': no keys from \(finding.url): \(failure)")
      }
      for key in finding.unusable { Terminal.error("warning: issuer '\(finding.issuer)': not used: \(key)") }
    } catch {
      Terminal.error("warning: keys can't be fetched: \(error)")
    }
  }

  /// - Parameter isRevoked: nil for a token that is refused anyway.
  private static func show(_ inspection: TokenInspection, isRevoked: Bool?) -> Int32 {
    if let header = inspection.header { Terminal.print("header   \(header)") }
    if let payload = inspection.payload { Terminal.print("payload  \(payload)") }
    if inspection.header != nil || inspection.payload != nil { Terminal.print("") }
    let width = inspection.checks.map(\.name.count).max() ?? 0
    for check in inspection.checks {
      let mark =
        switch check.outcome {
        case .passed: "ok  "
        case .failed: "FAIL"
        case .notReached: "-   "
        }
      let padding = String(repeating: " ", count: width - check.name.count)
      Terminal.print("\(mark)  \(check.name)\(padding)  \(check.sentence)")
    }
    if let isRevoked {
      let padding = String(repeating: " ", count: max(0, width - "revocation".count))
      let sentence =
        isRevoked
        ? "its session, or its user's tokens, were revoked" : "neither its session nor its user's tokens were revoked"
      Terminal.print("\(isRevoked ? "FAIL" : "ok  ")  revocation\(padding)  \(sentence)")
    }
    Terminal.print("")
    if isRevoked == true {
      Terminal.print("This gateway refuses the token: \(RejectionReason.tokenRevoked.word)")
      return ExitCode.failure
    }
    if let verdict = inspection.verdict {
      Terminal.print("This gateway refuses the token: \(verdict.rawValue)")
      return ExitCode.failure
    }
    return print("This gateway accepts the token. It speaks for \(inspection.proof ?? "nobody").")
  }

  static func whoami(_ text: String) -> Int32 {
    guard let address = SocketAddress(listening: text) else {
      Terminal.error("portcullis: '\(text)' is not an address: write 127.0.0.1:9001, [::1]:9001 or unix:/path.sock")
      return ExitCode.usage
    }
    _ = Signals(blocking: [])
    do throws(SystemError) {
      try Whoami.run(on: address) { Terminal.error("whoami: listening on \($0)") }
      return ExitCode.fine
    } catch {
      Terminal.error("portcullis: \(Whoami.problem(address, error))")
      return ExitCode.failure
    }
  }
}

/// A token as people paste it: with `Bearer` in front, white space around it.
enum TokenText {
  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    var token = text[...]
    while let last = token.last, isSpace(last) { token = token.dropLast() }
    token = token.drop(while: isSpace)
    if token.prefix(7).elementsEqual("bearer ".utf8, by: { ASCII.lowercased($0) == $1 }) {
      token = token.dropFirst(7).drop(while: isSpace)
    }
    return Array(token)
  }
}
