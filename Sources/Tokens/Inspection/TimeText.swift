/// Times as people read them.
enum TimeText {
  /// A moment given in seconds since the epoch, in UTC as RFC 3339 has it, the fraction left off.
  static func utc(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.down))
    let (days, second) = (floorDivision(whole, 86_400), whole - floorDivision(whole, 86_400) * 86_400)
    let (year, month, day) = date(daysSinceEpoch: days)
    return "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
      + "T\(padded(second / 3600, to: 2)):\(padded(second / 60 % 60, to: 2)):\(padded(second % 60, to: 2))Z"
  }

  /// How far a moment is from another: "3 h 12 min ago", "in 5 s".
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

  /// Year, month and day of the Gregorian calendar.
  ///
  /// Counts from 1 March, so that the leap day ends a year, in eras of 400 years,
  /// which all have 146,097 days.
  private static func date(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
    let daysFromYearZero = daysSinceEpoch + 719_468
    let era = floorDivision(daysFromYearZero, 146_097)
    let dayOfEra = daysFromYearZero - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivision(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
  }

  private static func padded(_ value: Int, to width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
