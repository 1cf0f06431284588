package import Bytes

/// An answer that the gateway gives itself: what a route's `respond` or `redirect` spells out, or the answer to a preflight.
package struct OwnAnswer: Sendable {
  package let status: Int
  /// Lines, each with its CR LF, without `Content-Length` and CORS.
  package let fields: [UInt8]
  /// Left out in answers to HEAD, whose length is given all the same.
  package let body: [UInt8]
  package let cors: CORSGrant?
  package let route: Route
  /// Who asked, if that is proven.
  package let identity: Identity?
  /// Why a route that only reports would have refused the request.
  package let wouldRefuse: RejectionReason?

  /// Appends the lines of the answer that are its own, `Content-Length` included.
  package func appendFields(to buffer: inout ByteBuffer) {
    buffer.append(fields.span)
    if status != 204 && status != 304 {
      buffer.append("Content-Length: ")
      buffer.append(decimal: body.count)
      buffer.append("\r\n")
    }
    if let cors { buffer.append(cors.fields.span) }
  }
}
