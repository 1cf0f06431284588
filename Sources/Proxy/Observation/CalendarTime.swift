/// A moment in the calendar, in UTC.
struct CalendarTime: Equatable {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int
  /// 0 is Sunday.
  let weekday: Int

  /// - Parameter unixSeconds: since 1970, not negative.
  init(unixSeconds: Int) {
    let days = unixSeconds / 86400
    let rest = unixSeconds % 86400
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
    weekday = (days + 4) % 7
    // Eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7): always 29 bytes.
  var imfFixdate: [UInt8] {
    Array("\(Self.weekdays[weekday]), \(two(day)) \(Self.months[month - 1]) \(year) \(clock) GMT".utf8)
  }

  /// `1994-11-06T08:49:37Z` (RFC 3339).
  var iso8601: [UInt8] { Array("\(year)-\(two(month))-\(two(day))T\(clock)Z".utf8) }

  /// `06/Nov/1994:08:49:37 +0000`, as the combined log format has it.
  var commonLog: [UInt8] { Array("\(two(day))/\(Self.months[month - 1])/\(year):\(clock) +0000".utf8) }

  private var clock: String { "\(two(hour)):\(two(minute)):\(two(second))" }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// The current second as text, made once a second. Confined to its worker.
struct SecondTexts {
  private var second = -1
  /// For `Date`.
  private(set) var imfFixdate: [UInt8] = []
  /// For the JSON access log.
  private(set) var iso8601: [UInt8] = []
  /// For the combined access log.
  private(set) var commonLog: [UInt8] = []

  mutating func update(unixTime: Double) {
    let now = Int(unixTime)
    guard now != second else { return }
    second = now
    let time = CalendarTime(unixSeconds: max(0, now))
    imfFixdate = time.imfFixdate
    iso8601 = time.iso8601
    commonLog = time.commonLog
  }
}
