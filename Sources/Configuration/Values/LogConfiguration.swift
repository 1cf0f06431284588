/// `log`: the destinations and forms of the logs.
package struct LogConfiguration: Sendable {
  /// The destination of the access log; default `stdout`.
  package var access: LogDestination = .standardOutput
  /// The form of a line of the access log; default `json`.
  package var format: AccessLogFormat = .json
  /// The destination of the gateway's own messages; default `stderr`.
  package var error: LogDestination = .standardError
  /// The least severity that is written; default `info`.
  package var level: LogLevel = .info

  package init() {}
}

/// The destination of a log.
package enum LogDestination: Sendable, Equatable {
  case standardOutput
  case standardError
  case off
  /// The file at that path, resolved; created if missing, appended to.
  case file(Located<String>)
}

/// The form of a line of the access log.
package enum AccessLogFormat: String, Sendable, Hashable, CaseIterable {
  /// One JSON object a line.
  case json
  /// The combined format of web servers.
  case combined
}

/// Severities of the gateway's own messages, least first.
package enum LogLevel: String, Sendable, Hashable, CaseIterable {
  case debug
  case info
  case warning
  case error
}
