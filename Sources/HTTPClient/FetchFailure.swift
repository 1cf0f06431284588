package import HTTP
package import TLS
package import Transport

/// A reason for which a document could not be fetched.
package enum FetchFailure: Error, Equatable {
  // On the way there.
  case unresolved(host: String, String)
  case resolverBusy
  case unreachable(SystemError)
  case tls(TLSError)
  case authorities(file: String, TLSFileFault)
  case timedOut
  /// It is the proxy that something is wrong with.
  indirect case proxy(String, FetchFailure)
  /// The proxy does not lead to the server: the status of its answer.
  case proxyRefused(Int)

  // What came back.
  case malformed(String)
  case status(Int)
  case encoded
  case tooLarge
  case brokenOff
  case tooManyRedirects
  case redirectNowhere
  case redirectMalformed(HTTPURLFault)
  case redirectUnprotected

  package var text: String {
    switch self {
    case .unresolved(let host, let reason): "the host '\(host)' can't be resolved: \(reason)"
    case .resolverBusy: "too many names are being resolved"
    case .unreachable(let error): error.text
    case .tls(let error):
      if case .certificate(let fault) = error { fault.textWithRemedy } else { error.text }
    case .authorities(let file, let error): "the file '\(file)' of certificate authorities: \(error.text)"
    case .timedOut: "it took longer than \(DocumentFetch.timeLimit.components.seconds) s"
    case .proxy(let name, let failure): "the proxy '\(name)': \(failure.text)"
    case .proxyRefused(let status): "it refuses to connect to that server (status \(status))"
    case .malformed(let reason): "the answer is malformed (\(reason))"
    case .status(let status): "the answer has status \(status)"
    case .encoded: "the answer is compressed, though it was asked for without compression"
    case .tooLarge: "the answer is larger than \(DocumentFetch.sizeLimit / 1024) KiB"
    case .brokenOff: "the answer broke off"
    case .tooManyRedirects: "more than \(DocumentFetch.redirectLimit) redirects"
    case .redirectNowhere: "a redirect without exactly one 'Location'"
    case .redirectMalformed(let fault): "a redirect to a URL that can't be used: \(fault.text)"
    case .redirectUnprotected: "a redirect from 'https://' to 'http://'"
    }
  }
}
