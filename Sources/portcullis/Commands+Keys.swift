import Accounts
import Bytes
import Configuration
import Endpoints
import Glibc
import Signing
import Tokens
import Transport

/// The commands for key pairs. They work on the key directory itself, so a gateway may run beside them or not.
extension Commands {
  /// Runs `portcullis key …`.
  static func key(_ command: KeyCommand, _ file: ConfigurationFile) -> Int32 {
    do {
      if case .generate(let algorithm, let output?) = command.action {
        return try writePair(for: algorithm ?? .es256, to: output)
      }
      guard let configuration = file.configuration() else { return ExitCode.failure }
      guard let directory = SigningDirectory(configuration) else {
        return fail(
          "\(file.name) has no 'key_directory', so there are no key pairs; 'key generate --out FILE' makes one for elsewhere"
        )
      }
      let now = Int(currentUnixTime())
      switch command.action {
      case .list: return list(try directory.read(now: now)?.records ?? [], in: directory)
      case .generate(let algorithm, _):
        let before = try directory.read(now: now)
        let ring = try directory.replaceNext(algorithm, now: now)
        return print(before == nil ? made(ring, in: directory) : "the next key is \(ring.next.words)")
      case .rotate: return noteRotation(try rotate(directory, now: now), configuration)
      case .revoke(nil): return noteRotation(try revokeAll(directory, now: now), configuration)
      case .revoke(let identifier?): return noteRotation(try revoke(identifier, directory, now: now), configuration)
      }
    } catch {
      return fail("\(error)")
    }
  }

  /// Notes a rotation among the events of the accounts, if there is a database of accounts; the exit code of the rotation.
  private static func noteRotation(_ code: Int32, _ configuration: GatewayConfiguration) -> Int32 {
    guard code == ExitCode.fine, let path = configuration.accounts?.store.value, unsafe access(path, F_OK) == 0,
      let setup = AccountsSetup(configuration)
    else { return code }
    do {
      let stamp = ChangeStamp(now: currentUnixTime(), by: .operator)
      try setup.openStore().note(AccountEvent.Draft(.keyRotated), stamp)
    } catch {
      Terminal.error("portcullis: the rotation could not be noted among the events: \(error)")
    }
    return code
  }

  private static func made(_ ring: KeyRing, in directory: SigningDirectory) -> String {
    "there were no keys in \(directory.path): the first one is \(ring.current.words), the next one \(ring.next.words)"
  }

  private static func rotate(_ directory: SigningDirectory, now: Int) throws -> Int32 {
    let before = try directory.read(now: now)
    let ring = try directory.rotate(now: now)
    guard let before else { return print(made(ring, in: directory)) }
    warnOfHaste(since: before.records.first { $0.state == .next }?.since, now: now)
    Terminal.print("tokens are signed with \(ring.current.words) from now on")
    Terminal.print("the next key is \(ring.next.words)")
    if let old = before.records.first(where: { $0.state == .current }),
      let until = ring.records.first(where: { $0.identifier == old.identifier })?.until
    {
      Terminal.print("\(old.words) stays until \(time(until)), when the last token that it has signed has expired")
    }
    return ExitCode.fine
  }

  private static func revokeAll(_ directory: SigningDirectory, now: Int) throws -> Int32 {
    let (ring, revoked) = try directory.revokeAll(now: now)
    guard !revoked.isEmpty else { return print(made(ring, in: directory)) }
    Terminal.error(
      "portcullis: the new keys were published only now: programs that cache keys may refuse tokens for up to \(SigningDirectory.settlingTime) s"
    )
    Terminal.print("tokens are signed with \(ring.current.words) from now on")
    Terminal.print("the next key is \(ring.next.words)")
    for key in revoked { say(revoked: key) }
    return ExitCode.fine
  }

  private static func revoke(_ identifier: String, _ directory: SigningDirectory, now: Int) throws -> Int32 {
    // A directory that can't be read whole is one to revoke keys of all the same.
    let next = try? directory.read(now: now)?.records.first { $0.state == .next }
    let (ring, revoked) = try directory.revoke(identifier, now: now)
    if revoked.state == .current { warnOfHaste(since: next?.since, now: now) }
    let when = revoked.state == .current ? "from now on" : "as before"
    Terminal.print("tokens are signed with \(ring.current.words) \(when)")
    Terminal.print("the next key is \(ring.next.words)\(revoked.state == .previous ? " as before" : "")")
    say(revoked: revoked)
    return ExitCode.fine
  }

  private static func say(revoked key: KeyRecord) {
    Terminal.print("\(key.words) is revoked, and everything that it has signed")
  }

  /// Says that the key that signs by now was made known too short a time ago.
  ///
  /// - Parameter since: when that was.
  private static func warnOfHaste(since: Int?, now: Int) {
    guard let since, now - since < SigningDirectory.settlingTime else { return }
    Terminal.error(
      "portcullis: the key that signs now was published only \(now - since) s ago: programs that cache keys for longer may refuse its tokens meanwhile"
    )
  }

  private static func list(_ records: [KeyRecord], in directory: SigningDirectory) -> Int32 {
    guard !records.isEmpty else {
      return print(
        "there are no keys in \(directory.path) yet: the gateway makes the first ones, or 'portcullis key generate'")
    }
    var rows = [["kid", "algorithm", "state", "since", "until"]]
    for record in records {
      rows.append([
        record.identifier, record.algorithm, record.state.rawValue, time(record.since), record.until.map(time) ?? "-",
      ])
    }
    for row in rows {
      let cells = row.enumerated().map { column, cell in
        let width = rows.map { $0[column].utf8.count }.max() ?? 0
        return column == row.count - 1 ? cell : cell + String(repeating: " ", count: width - cell.utf8.count)
      }
      Terminal.print(cells.joined(separator: "  "))
    }
    return ExitCode.fine
  }

  private static func time(_ seconds: Int) -> String { CalendarTime(unixSeconds: seconds).iso8601 }

  // MARK: A pair for elsewhere

  private static func writePair(for algorithm: SignatureAlgorithm, to output: String) throws -> Int32 {
    let pair = try KeyMaker.make(for: algorithm)
    if output == "-" {
      Terminal.print(pair.pem.span.text)
    } else {
      try SecretFile.make(path: output, contents: pair.pem)
    }
    Terminal.print(JSONWebKeySet.text(of: [pair.publicKey]).span.text)
    return ExitCode.fine
  }
}

extension KeyRecord {
  /// The key as sentences name it.
  fileprivate var words: String { "\(identifier) (\(algorithm))" }
}
