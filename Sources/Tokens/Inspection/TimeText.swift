import Bytes

/// Times as people read them.
enum TimeText {
  /// A moment given in seconds since the epoch, in UTC as RFC 3339 has it, the fraction left off.
  static func utc(_ seconds: Double) -> String { CalendarTime(unixSeconds: Int(seconds.rounded(.down))).iso8601 }

  /// The distance of a moment from another: "3 h 12 min ago", "in 5 s".
  static func distance(from now: Double, to moment: Double) -> String {
    let seconds = moment - now
    let text = duration(seconds.magnitude)
    return seconds < 0 ? "\(text) ago" : "in \(text)"
  }

  /// A length of time in its two largest units: "1 d 4 h", "59 s".
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.down))
    if whole == 0 { return seconds == 0 ? "0 s" : "less than 1 s" }
    let amounts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
    let firstShown = amounts.firstIndex { $0.0 > 0 } ?? amounts.count
    return amounts.dropFirst(firstShown).prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }
}
