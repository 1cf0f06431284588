/// `admin`: the listener for whoever operates the gateway.
package struct AdminConfiguration: Sendable {
  /// Where it listens; none of the gateway's own listeners (port 0 excepted).
  package var address: Located<NetworkAddress>

  package init(address: Located<NetworkAddress>) { self.address = address }
}
