/// The arguments of `portcullis session …`.
enum SessionCommand {
  /// The sessions of the user of that name.
  case list(String)
  /// Ends the session of that id.
  case end(String)

  /// - Parameter reader: stands behind the word `session`.
  init(_ reader: inout ArgumentReader) throws(UsageError) {
    switch reader.next() {
    case "list":
      guard let name = reader.next() else { throw UsageError(message: "'session list' needs the name of a user") }
      self = .list(name)
    case "end":
      guard let id = reader.next() else { throw UsageError(message: "'session end' needs the id of a session") }
      self = .end(id)
    case let word:
      throw UsageError(message: "'session' is followed by list or end" + (word.map { ", not '\($0)'" } ?? ""))
    }
  }

  static let help = """
    portcullis session: the sessions of the accounts' users, also beside a running gateway

    usage:
      portcullis session list NAME   print the user's sessions: id, begin, last use, address, program
      portcullis session end ID      end one: a running gateway refuses its tokens within a second

    options:
      -c FILE     the configuration, if not ./gateway.json or /etc/portcullis/gateway.json
    """
}
