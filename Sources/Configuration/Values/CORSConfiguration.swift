package import HTTP

/// `cors`: which pages of other origins a browser lets read the answers.
package struct CORSConfiguration: Sendable {
  package var origins: CORSOrigins
  /// Methods that a preflight allows; nil for those of the route.
  package var methods: [Method]?
  /// Request fields that a preflight allows; default `Authorization` and `Content-Type`.
  package var headers = ["Authorization", "Content-Type"]
  /// Response fields that a page may read beside the simple ones; default none.
  package var expose: [String] = []
  /// True if browsers may send cookies along; never with ``CORSOrigins/any``; default false.
  package var credentials = false
  /// The time that a browser may remember a preflight, in whole seconds; nil leaves it to the browser.
  package var maxAge: Duration?

  package init(origins: CORSOrigins) { self.origins = origins }
}

/// The origins whose pages may read answers.
package enum CORSOrigins: Sendable, Equatable {
  /// `["*"]`.
  case any
  /// These, as a browser writes them: scheme and host in lower case, no default port, no path. Not empty.
  case listed([String])
}
