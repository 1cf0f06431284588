import Configuration
import Cryptography
import Endpoints
import HTTP
import IssuerKeys
import Policy
import Proxy
import Tokens
import Transport

extension Commands {
  static func explain(_ order: ExplainArguments, _ file: ConfigurationFile) -> Int32 {
    guard let snapshot = file.snapshot(for: .explaining) else { return ExitCode.failure }
    guard let revocations = revocations(of: snapshot) else { return ExitCode.failure }
    var certificate: ClientCertificate?
    if let name = order.certificateFile {
      guard let shown = self.certificate(in: name) else { return ExitCode.failure }
      certificate = shown
    }
    do throws(KeyError) {
      var explanation = try explanation(of: order, by: snapshot, revocations, certificate)
      if let issuer = explanation.missedIssuer, order.fetchesKeys {
        fetchKeys(for: snapshot, issuer: issuer)
        explanation = try self.explanation(of: order, by: snapshot, revocations, certificate)
      }
      for section in explanation.sections { show(section.title, section.steps) }
      if explanation.decision.reason == .keysUnavailable { showMissing(explanation, in: snapshot, order) }
      show(explanation)
      return ExitCode.fine
    } catch {
      Terminal.error("portcullis: \(error.message)")
      return ExitCode.failure
    }
  }

  /// The revocations by now; nil, after a message, where they can't be read.
  static func revocations(of snapshot: Snapshot) -> Revocations? {
    guard let setup = AccountsSetup(snapshot.configuration) else { return Revocations.none }
    do throws(ConfigurationErrors) {
      return try setup.readRevocations(now: currentUnixTime())
    } catch {
      ConfigurationFile.show(error.diagnostics)
      return nil
    }
  }

  private static func explanation(
    of order: ExplainArguments, by snapshot: Snapshot, _ revocations: Revocations, _ certificate: ClientCertificate?
  ) throws(KeyError) -> Explanation {
    let authenticator = try Authenticator(issuers: snapshot.issuers, policy: snapshot.policy)
    let explainer = Explainer(
      snapshot.policy, configuration: snapshot.configuration, authenticator: authenticator,
      revocations: revocations, now: currentUnixTime())
    var random = SystemRandomNumberGenerator()
    let id = RequestID(high: random.next(), low: random.next())
    return explainer.explain(
      order.wire(to: snapshot.configuration), from: order.address, scheme: order.scheme(to: snapshot.configuration),
      certificate: certificate, requestID: id)
  }

  /// The first certificate of a PEM file, as if a handshake had verified it; nil, and said so, if there is none.
  private static func certificate(in name: String) -> ClientCertificate? {
    do throws(SystemError) {
      let text = try FileReader.read(path: name, limit: 1024 * 1024)
      if let certificate = ClientCertificate(pem: text.span) { return certificate }
      Terminal.error("portcullis: '\(name)' holds no certificate in PEM")
    } catch {
      Terminal.error("portcullis: '\(name)' can't be read: \(error.text)")
    }
    return nil
  }

  private static func show(_ title: String, _ steps: [Explanation.Step]) {
    Terminal.print(title)
    let width = min(32, steps.map(\.name.count).max() ?? 0)
    for step in steps {
      let mark =
        switch step.mark {
        case .told: "    "
        case .passed: "ok  "
        case .failed: "FAIL"
        case .skipped: "-   "
        }
      let padding = String(repeating: " ", count: max(0, width - step.name.count))
      Terminal.print("  \(mark)  \(step.name)\(padding)  \(step.sentence)")
    }
    Terminal.print("")
  }

  /// Prints the URL of the issuer's keys if they were not fetched; a running gateway would have them by now.
  private static func showMissing(_ explanation: Explanation, in snapshot: Snapshot, _ order: ExplainArguments) {
    guard let issuer = explanation.missedIssuer,
      let missing = OneShotKeyFetch.missing(of: snapshot.issuerSettings, at: issuer)
    else { return }
    let why = order.fetchesKeys ? "could not be fetched" : "were not fetched (--fetch fetches them)"
    Terminal.print("The issuer's keys come from \(missing.url) and \(why), so the signature was not checked.")
    Terminal.print("The rest shows what a gateway without these keys does.\n")
  }

  private static func show(_ explanation: Explanation) {
    if let reason = explanation.decision.reason, !explanation.decision.isRefused {
      Terminal.print("This route only reports; it would have refused the request: \(reason.word)")
    }
    switch explanation.outcome {
    case .forwarded(let request): show(request)
    case .hosted(let endpoint):
      Terminal.print("The gateway answers this itself: \(words(for: endpoint)).")
    case .answered(let head, let body):
      if let reason = explanation.decision.reason, explanation.decision.isRefused {
        Terminal.print("The request is refused: \(reason.word). The client gets:")
      } else {
        Terminal.print("The gateway answers this itself. The client gets:")
      }
      Terminal.print("")
      for line in head { Terminal.print("  < \(line)") }
      for line in body.isEmpty ? [] : [""] + body { Terminal.print("  < \(line)") }
    }
  }

  private static func words(for endpoint: HostedEndpoint) -> String {
    switch endpoint {
    case .register, .login, .refresh, .logout, .password, .sessions, .session, .me:
      "'\(endpoint)' of the accounts makes the answer"
    case .keySet: "the public keys that it signs with"
    case .discovery: "its description as an issuer"
    }
  }

  private static func show(_ request: Explanation.UpstreamRequest) {
    let servers = request.servers.joined(separator: ", ")
    Terminal.print("The request goes to the upstream '\(request.upstream)', at \(servers):")
    Terminal.print("")
    for line in request.head { Terminal.print("  > \(line)") }
    Terminal.print("")
    if !request.additions.isEmpty { show("Put in by", request.additions) }
    if !request.removals.isEmpty { show("Left out of what the client sent", request.removals) }
  }
}
