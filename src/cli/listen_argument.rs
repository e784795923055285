//! An address to listen on as people type it.

use std::net::{Ipv4Addr, SocketAddr};

/// `ADDR:PORT`; `PORT` or `:PORT` is on loopback.
pub(super) fn parse_listen_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text);
    if port.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(port) = port.parse()
    {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| {
        "not a port, or an address and a port such as 127.0.0.1:9750 or [::1]:9750".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        let parsed = |text| parse_listen_address(text).map(|address| address.to_string());
        assert_eq!(parsed("9750").as_deref(), Ok("127.0.0.1:9750"));
        assert_eq!(parsed(":9750").as_deref(), Ok("127.0.0.1:9750"));
        assert_eq!(parsed("0.0.0.0:1").as_deref(), Ok("0.0.0.0:1"));
        assert_eq!(
            parsed("[2001:db8::1]:443").as_deref(),
            Ok("[2001:db8::1]:443")
        );
        for wrong in [
            "",
            ":",
            "localhost:9750",
            "::1:9750",
            "70000",
            "*:9750",
            "10.0.0.1",
            "+80",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
