import Configuration

/// The arguments of `portcullis invite …`.
enum InviteCommand {
  /// Makes an invite: its roles, for how many registrations, and for how many seconds.
  case create(roles: [String], uses: Int, lifetime: Int)
  case list
  case delete(String)

  /// - Parameter reader: stands behind the word `invite`.
  init(_ reader: inout ArgumentReader, _ options: ArgumentReader.Options) throws(UsageError) {
    switch reader.next() {
    case "create":
      var uses = 1
      if let text = options.uses {
        guard let count = Int(text), (1...1_000_000).contains(count) else {
          throw UsageError(message: "--uses takes a whole number from 1, not '\(text)'")
        }
        uses = count
      }
      let lifetime = try options.lifetime.map { text throws(UsageError) in
        try ArgumentReader.seconds(text, for: "--ttl")
      }
      self = .create(roles: options.roles, uses: uses, lifetime: lifetime ?? 7 * 86_400)
    case "list": self = .list
    case "delete":
      guard let code = reader.next() else { throw UsageError(message: "'invite delete' needs a code") }
      self = .delete(code)
    case let word:
      throw UsageError(message: "'invite' is followed by create, list or delete" + (word.map { ", not '\($0)'" } ?? ""))
    }
  }

  static let help = """
    portcullis invite: codes that let people register where 'registration' is "invite", also beside a running gateway

    usage:
      portcullis invite create       print a new code
      portcullis invite list         print the codes that are still good: code, uses, end, roles
      portcullis invite delete CODE  take one back

    options:
      -c FILE    the configuration, if not ./gateway.json or /etc/portcullis/gateway.json
      --role R   'create': a role for those who register with the code, beside 'default_roles'; may be given again
      --uses N   'create': how many may register with it; 1 unless given
      --ttl 7d   'create': how long it is good; 7 days unless given
    """
}

/// The arguments of `portcullis events list`.
struct EventsCommand {
  /// The user that the events are about; nil for all.
  let user: String?
  /// The number of seconds for which they reach back; nil for all that there are.
  let span: Int?

  /// - Parameter reader: stands behind the word `events`.
  init(_ reader: inout ArgumentReader, _ options: ArgumentReader.Options) throws(UsageError) {
    guard let word = reader.next(), word == "list" else { throw UsageError(message: "'events' is followed by list") }
    user = options.user
    span = try options.since.map { text throws(UsageError) in try ArgumentReader.seconds(text, for: "--since") }
  }
}

extension ArgumentReader {
  /// A duration in whole seconds.
  static func seconds(_ text: String, for option: String) throws(UsageError) -> Int {
    guard let (seconds, rest) = Duration(configurationText: text)?.components, seconds >= 1, rest == 0 else {
      throw UsageError(message: "\(option) takes whole seconds, such as 90s, 5m, 1h or 30d, not '\(text)'")
    }
    return Int(clamping: seconds)
  }
}
