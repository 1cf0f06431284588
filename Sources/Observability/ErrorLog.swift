import Bytes
package import Configuration
import Synchronization
import Tokens
package import Transport

/// The gateway's own messages: one line each, `2026-01-31T12:00:00Z warning: text`.
///
/// For any thread.
package final class ErrorLog: Sendable {
  private let destination: Mutex<Destination>

  private struct Destination {
    var sink: ByteSink?
    var level: LogLevel
  }

  /// - Parameters:
  ///   - sink: where lines go; nil for nowhere.
  ///   - level: the least severity that is written.
  package init(sink: ByteSink?, level: LogLevel) {
    destination = Mutex(Destination(sink: sink, level: level))
  }

  /// Goes on elsewhere.
  package func change(sink: ByteSink?, level: LogLevel) {
    destination.withLock { $0 = Destination(sink: sink, level: level) }
  }

  package func debug(_ text: @autoclosure () -> String) { write(.debug, text) }
  package func info(_ text: @autoclosure () -> String) { write(.info, text) }
  package func warning(_ text: @autoclosure () -> String) { write(.warning, text) }
  package func error(_ text: @autoclosure () -> String) { write(.error, text) }

  /// Says what is to say about a configuration: a line that names place and severity itself, `gateway.json:12:17: error: text`.
  package func note(_ diagnostic: Diagnostic) {
    switch diagnostic.severity {
    case .error: write(.error, { diagnostic.description }, isLabelled: true)
    case .warning: write(.warning, { diagnostic.description }, isLabelled: true)
    case .note: write(.info, { diagnostic.description }, isLabelled: true)
    }
  }

  private func write(_ severity: LogLevel, _ text: () -> String, isLabelled: Bool = false) {
    let destination = destination.withLock { $0 }
    guard let sink = destination.sink, severity >= destination.level else { return }
    var line = ByteBuffer(capacity: 256)
    line.append(text: CalendarTime(unixSeconds: Int(currentUnixTime())).iso8601)
    line.append(" ")
    if !isLabelled {
      line.append(text: severity.rawValue)
      line.append(": ")
    }
    line.append(text: Self.visible(text()))
    line.append("\n")
    sink.write(&line)
  }

  /// The text on one line, with no token and nothing in it that a terminal would act upon: some of it may come from elsewhere.
  private static func visible(_ text: String) -> String {
    let text = TokenShape.masked(text)
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.reduce(into: "") { visible, scalar in
      if isControl(scalar) {
        visible += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        visible.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || 0x7F..<0xA0 ~= scalar.value || 0x2028..<0x202F ~= scalar.value
  }
}

extension LogLevel: Comparable {
  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
