import Bytes

/// The current second as text, made once a second.
///
/// Confined to its worker.
@usableFromInline
package struct DateCache {
  @usableFromInline var second = -1
  /// For `Date`.
  package private(set) var imfFixdate: [UInt8] = []
  /// For the JSON access log.
  private(set) var iso8601: [UInt8] = []
  /// For the combined access log.
  private(set) var commonLog: [UInt8] = []

  package init() {}

  @inlinable @inline(__always) package mutating func update(unixTime: Double) {
    let now = Int(unixTime)
    if now != second { change(to: now) }
  }

  @usableFromInline mutating func change(to now: Int) {
    second = now
    let time = CalendarTime(unixSeconds: now)
    imfFixdate = Array(time.imfFixdate.utf8)
    iso8601 = Array(time.iso8601.utf8)
    commonLog = Array(time.commonLog.utf8)
  }
}
