//! `ADDR[/LEN][:PORT]` as typed.

use std::net::IpAddr;

use crate::diagnosis::EndpointPattern;

/// Reads `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:443`, `10.0.0.0/8:443`, `:443`, `2001:db8::1`,
/// `2001:db8::/32`, `[2001:db8::1]:443`, `[2001:db8::]/32:443`.
pub(super) fn parse_endpoint_pattern(text: &str) -> Result<EndpointPattern, String> {
    let port = |text: &str| {
        text.parse::<u16>()
            .map_err(|_| format!("'{text}' is no port"))
    };
    if let Some(only_port) = text.strip_prefix(':')
        && !only_port.contains(':')
    {
        return Ok(EndpointPattern {
            network: None,
            port: Some(port(only_port)?),
        });
    }
    if let Some((address, rest)) = text
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        let (length, port_text) = match rest.split_once(':') {
            Some((length, port_text)) => (length, Some(port_text)),
            None => (rest, None),
        };
        return pattern(
            &format!("{address}{length}"),
            port_text.map(port).transpose()?,
        );
    }
    match text.rsplit_once(':') {
        Some((network, port_text)) if !network.contains(':') => {
            pattern(network, Some(port(port_text)?))
        }
        _ => pattern(text, None),
    }
}

fn pattern(network: &str, port: Option<u16>) -> Result<EndpointPattern, String> {
    let (address, length) = match network.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (network, None),
    };
    let address: IpAddr = address
        .parse()
        .map_err(|_| format!("'{address}' is no IP address; ADDR, ADDR/LEN, ADDR:PORT or :PORT"))?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match length {
        None => longest,
        Some(length) => length
            .parse::<u8>()
            .ok()
            .filter(|prefix| *prefix <= longest)
            .ok_or_else(|| format!("'{length}' is no prefix length from 0 to {longest}"))?,
    };
    Ok(EndpointPattern {
        network: Some((address, prefix)),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Option<String>, Option<u16>) {
        let pattern = parse_endpoint_pattern(text).unwrap();
        (
            pattern
                .network
                .map(|(address, prefix)| format!("{address}/{prefix}")),
            pattern.port,
        )
    }

    #[test]
    fn every_way_to_name_an_endpoint_is_read() {
        let network = |text: &str| Some(text.to_owned());
        assert_eq!(parsed("10.0.0.1"), (network("10.0.0.1/32"), None));
        assert_eq!(parsed("10.0.0.0/8:443"), (network("10.0.0.0/8"), Some(443)));
        assert_eq!(parsed(":443"), (None, Some(443)));
        assert_eq!(parsed("2001:db8::1"), (network("2001:db8::1/128"), None));
        assert_eq!(parsed("::1"), (network("::1/128"), None));
        assert_eq!(parsed("2001:db8::/32"), (network("2001:db8::/32"), None));
        assert_eq!(
            parsed("[2001:db8::1]:443"),
            (network("2001:db8::1/128"), Some(443))
        );
        assert_eq!(
            parsed("[2001:db8::]/32:443"),
            (network("2001:db8::/32"), Some(443))
        );
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in [
            "",
            "db.internal",
            "10.0.0.1:",
            "10.0.0.1:99999",
            "10.0.0.0/33",
            "[::1",
            ":x",
        ] {
            assert!(parse_endpoint_pattern(text).is_err(), "{text}");
        }
    }
}
