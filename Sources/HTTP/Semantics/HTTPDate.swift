package import Bytes

/// A moment as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
  /// The text for a count of seconds since 1970, leap seconds aside; before 1970 and after 9999 that of the nearest bound.
  package static func bytes(secondsSince1970 seconds: Int) -> [UInt8] {
    var buffer = ByteBuffer(capacity: 32)
    write(secondsSince1970: seconds, to: &buffer)
    return buffer.readable.array
  }

  /// Appends the text for a count of seconds since 1970, under the same bounds.
  package static func write(secondsSince1970 seconds: Int, to buffer: inout ByteBuffer) {
    let seconds = min(max(seconds, 0), 253_402_300_799)
    let days = seconds / 86_400
    let second = seconds % 86_400
    let date = civil(daysSince1970: days)
    buffer.append(dayNames[(days + 4) % 7])
    buffer.append(", ")
    appendTwoDigits(date.day, to: &buffer)
    buffer.append(monthNames[date.month - 1])
    buffer.append(decimal: date.year)
    buffer.append(UInt8(ascii: " "))
    appendTwoDigits(second / 3600, to: &buffer)
    buffer.append(UInt8(ascii: ":"))
    appendTwoDigits(second / 60 % 60, to: &buffer)
    buffer.append(UInt8(ascii: ":"))
    appendTwoDigits(second % 60, to: &buffer)
    buffer.append(" GMT")
  }

  /// The date of a day in the Gregorian calendar, whose years are taken to begin in March so that a leap day is the last.
  private static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func appendTwoDigits(_ value: Int, to buffer: inout ByteBuffer) {
    buffer.append(UInt8(truncatingIfNeeded: value / 10 + 48))
    buffer.append(UInt8(truncatingIfNeeded: value % 10 + 48))
  }

  private static let dayNames: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let monthNames: [StaticString] = [
    " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
  ]
}
