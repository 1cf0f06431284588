/// A moment in the Gregorian calendar, in UTC: the one place that turns seconds into dates.
package struct CalendarTime: Sendable, Equatable {
  package let year: Int
  /// 1 to 12.
  package let month: Int
  /// 1 to 31.
  package let day: Int
  package let hour: Int
  package let minute: Int
  package let second: Int
  /// 0 is Sunday.
  package let weekday: Int

  /// The moment that many seconds after 1970 began, leap seconds aside; years 0 to 9999, beyond them the nearest of these.
  package init(unixSeconds: Int) {
    let seconds = min(max(unixSeconds, -62_167_219_200), 253_402_300_799)
    let days = (seconds - Self.modulo(seconds, 86_400)) / 86_400
    let rest = Self.modulo(seconds, 86_400)
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
    weekday = Self.modulo(days + 4, 7)
    // Counted from 1 March, so that the leap day ends a year, in eras of 400 years, which all have 146,097 days.
    let shifted = days + 719_468
    let dayOfEra = Self.modulo(shifted, 146_097)
    let era = (shifted - dayOfEra) / 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `1994-11-06T08:49:37Z` (RFC 3339).
  package var iso8601: String { "\(padded(year, to: 4))-\(two(month))-\(two(day))T\(clock)Z" }

  /// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7): always 29 characters.
  package var imfFixdate: String {
    "\(Self.weekdays[weekday]), \(two(day)) \(Self.months[month - 1]) \(padded(year, to: 4)) \(clock) GMT"
  }

  /// `06/Nov/1994:08:49:37 +0000`, as the combined log format has it.
  package var commonLog: String { "\(two(day))/\(Self.months[month - 1])/\(padded(year, to: 4)):\(clock) +0000" }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private var clock: String { "\(two(hour)):\(two(minute)):\(two(second))" }

  private func two(_ number: Int) -> String { padded(number, to: 2) }

  private func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func modulo(_ value: Int, _ divisor: Int) -> Int { (value % divisor + divisor) % divisor }
}
