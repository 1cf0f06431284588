package import TLS
package import Transport

extension Channel {
  /// Opens a connection and waits until it is there.
  package static func connected(
    to address: SocketAddress, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> Channel {
    let channel: Channel
    do throws(SystemError) {
      channel = try Channel.connect(to: address, in: loop)
    } catch {
      throw .unreachable(error)
    }
    if !channel.isWritable, await loop.wait(for: channel.writable, until: deadline) == .timedOut { throw .timedOut }
    if let error = channel.connectionError() { throw .unreachable(error) }
    return channel
  }

  /// Makes a TLS session over the connection and waits until it is there: the server is who it is asked for.
  package mutating func secure(
    as tls: ClientTLS, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) {
    do throws(TLSError) { begin(try TLSFilter(client: tls)) } catch { throw .tls(error) }
    if !isWritable, await loop.wait(for: writable, until: deadline) == .timedOut { throw .timedOut }
    if let error = connectionError() { throw failure(error) }
  }
}
