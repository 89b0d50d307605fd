//! A STUN binding without credentials (RFC 8489), as an ICE agent asks a server for its own address. str0m reads only
//! what is signed. Pure.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const HEADER: usize = 20;
const REQUEST: [u8; 4] = [0, 1, 0, 0];
const SUCCESS: [u8; 2] = [1, 1];
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// A transaction's number.
pub type Id = [u8; 12];

/// A request.
pub fn request(id: Id) -> Vec<u8> {
    [&REQUEST[..], &COOKIE, &id].concat()
}

/// The address that an answer to the request with this number tells.
pub fn mapped(octets: &[u8], id: Id) -> Option<SocketAddr> {
    let (header, mut attributes) = octets.split_at_checked(HEADER)?;
    if header[..2] != SUCCESS || header[4..8] != COOKIE || header[8..] != id {
        return None;
    }
    loop {
        let (head, rest) = attributes.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = rest.get(..length)?;
        if u16::from_be_bytes([head[0], head[1]]) == XOR_MAPPED_ADDRESS {
            return address(value, id);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn address(value: &[u8], id: Id) -> Option<SocketAddr> {
    let (&[_, family, high, low], masked) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([high ^ COOKIE[0], low ^ COOKIE[1]]);
    let mask = [&COOKIE[..], &id].concat();
    let octets: Vec<u8> = masked.iter().zip(&mask).map(|(a, b)| a ^ b).collect();
    let ip = match (family, masked.len()) {
        (IPV4, 4) => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
        (IPV6, 16) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 sections 2.2 and 2.3.
    const ID: Id = [
        0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
    ];
    const SOFTWARE: [u8; 16] = *b"\x80\x22\x00\x0btest vector ";
    const SEEN_V4: [u8; 12] = [
        0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    ];
    const SEEN_V6: [u8; 24] = [
        0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1,
        0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
    ];

    fn answer(seen: &[u8]) -> Vec<u8> {
        let length = [0, (SOFTWARE.len() + seen.len()) as u8];
        [&SUCCESS[..], &length, &COOKIE, &ID, &SOFTWARE, seen].concat()
    }

    #[test]
    fn an_answer_says_where_one_is_seen() {
        let v4 = mapped(&answer(&SEEN_V4), ID).map(|seen| seen.to_string());
        assert_eq!(v4.as_deref(), Some("192.0.2.1:32853"));
        let v6 = mapped(&answer(&SEEN_V6), ID).map(|seen| seen.to_string());
        assert_eq!(
            v6.as_deref(),
            Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853")
        );
    }

    #[test]
    fn only_an_answer_to_that_request_does() {
        let whole = answer(&SEEN_V4);
        assert_eq!(mapped(&whole, [0; 12]), None);
        assert_eq!(mapped(&request(ID), ID), None);
        assert_eq!(mapped(&answer(&[]), ID), None);
        for length in 0..whole.len() {
            assert_eq!(mapped(&whole[..length], ID), None, "{length} octets");
        }
        let mut strange = whole;
        let family = strange.len() - 7;
        strange[family] = 3;
        assert_eq!(mapped(&strange, ID), None);
    }

    #[test]
    fn a_request_is_a_header() {
        assert_eq!(request(ID).len(), HEADER);
        assert_eq!(request(ID)[8..], ID);
    }
}
