import Configuration
import Observability
import Proxy
import Transport

extension Supervisor {
  /// Opens the log files anew.
  ///
  /// A log that can't be opened is reported, and is written on where it was.
  func reopenLogs() {
    let report = orders.report(on: .reopen)
    log.info("reopening logs")
    let errors = sinks.reopen(snapshot.configuration)
    guard errors.isEmpty else {
      for error in errors {
        log.note(error)
        // The log may be a file that has lost its name.
        if sinks.error?.target != .standardError { StandardError.write(error.description) }
        report.fail(error.description)
      }
      return report.refuse("not every log was reopened: the others are still written as before")
    }
    report.finish("the logs were reopened")
  }
}
