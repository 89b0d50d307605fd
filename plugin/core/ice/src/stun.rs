//! The answer to whoever asks which address he has (RFC 8489), known or not.
//!
//! `is` reads and writes checks only: a request without credentials it does not read, and no answer of its is without a
//! FINGERPRINT. What is answered to strangers must be as short as it can be, so it is written here.

use std::net::{IpAddr, SocketAddr};

const HEADER: usize = 20;
const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
pub(crate) const BINDING_SUCCESS: [u8; 2] = [1, 1];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0, 0x20];

/// Attributes below this have to be understood by whoever answers (RFC 8489 section 14).
const OPTIONAL: u16 = 0x8000;

/// The answer to a plain Binding request: 32 octets for IPv4, 44 for IPv6. `None` for anything else, also for a request
/// that asks for what is not done here.
pub(crate) fn answer(request: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let (header, attributes) = request.split_at_checked(HEADER)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let plain = header[..2] == BINDING_REQUEST && header[4..8] == MAGIC;
    if !plain || length != attributes.len() || !only_optional(attributes) {
        return None;
    }
    let transaction = &header[8..HEADER];
    let value = xor_address(from, transaction);
    let mut answer = Vec::with_capacity(HEADER + 4 + value.len());
    answer.extend(BINDING_SUCCESS);
    answer.extend((value.len() as u16 + 4).to_be_bytes());
    answer.extend(MAGIC);
    answer.extend(transaction);
    answer.extend(XOR_MAPPED_ADDRESS);
    answer.extend((value.len() as u16).to_be_bytes());
    answer.extend(value);
    Some(answer)
}

fn only_optional(mut attributes: &[u8]) -> bool {
    while !attributes.is_empty() {
        let Some(([t0, t1, l0, l1], rest)) = attributes.split_first_chunk() else {
            return false;
        };
        let length = usize::from(u16::from_be_bytes([*l0, *l1])).next_multiple_of(4);
        match rest.get(length..) {
            Some(behind) if u16::from_be_bytes([*t0, *t1]) >= OPTIONAL => attributes = behind,
            _ => return false,
        }
    }
    true
}

/// RFC 8489 section 14.2.
fn xor_address(address: SocketAddr, transaction: &[u8]) -> Vec<u8> {
    let (family, octets) = match address.ip() {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    let port = address.port().to_be_bytes();
    let mask = MAGIC.iter().chain(transaction);
    let mut value = vec![0, family, port[0] ^ MAGIC[0], port[1] ^ MAGIC[1]];
    value.extend(octets.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(attributes: &[u8]) -> Vec<u8> {
        let mut request = vec![0, 1, 0, attributes.len() as u8];
        request.extend(MAGIC);
        request.extend([7; 12]);
        request.extend(attributes);
        request
    }

    /// RFC 5769 sections 2.2 and 2.3 have these addresses and this transaction id.
    #[test]
    fn the_address_is_written_as_in_the_test_vectors() {
        let transaction = [
            0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
        ];
        let v4 = "192.0.2.1:32853".parse().expect("an address");
        assert_eq!(
            xor_address(v4, &transaction),
            [0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]
        );
        let v6 = "[2001:db8:1234:5678:11:2233:4455:6677]:32853"
            .parse()
            .expect("an address");
        assert_eq!(
            xor_address(v6, &transaction),
            [
                0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4,
                0xb5, 0xbe, 0xd2, 0xb9, 0xd9
            ]
        );
    }

    #[test]
    fn answers_are_as_short_as_can_be() {
        let v4 = ([192, 0, 2, 1], 9).into();
        let v6 = ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into();
        let fingerprint = [0x80, 0x28, 0, 4, 1, 2, 3, 4];
        for attributes in [&[][..], &fingerprint] {
            let asked = request(attributes);
            assert_eq!(answer(&asked, v4).map(|answer| answer.len()), Some(32));
            assert_eq!(answer(&asked, v6).map(|answer| answer.len()), Some(44));
        }
    }

    #[test]
    fn what_is_no_plain_request_is_not_answered() {
        let from = ([192, 0, 2, 1], 9).into();
        let good = request(&[]);
        let table: [(&str, Vec<u8>); 7] = [
            ("nothing", Vec::new()),
            ("cut short", good[..19].to_vec()),
            ("an answer", [&BINDING_SUCCESS, &good[2..]].concat()),
            ("another cookie", [&good[..4], &[0; 4], &good[8..]].concat()),
            ("a wrong length", [&good[..], &[0; 4]].concat()),
            ("CHANGE-REQUEST", request(&[0, 3, 0, 4, 0, 0, 0, 6])),
            ("a cut attribute", request(&[0x80, 0x28, 0, 8, 1, 2, 3, 4])),
        ];
        for (story, asked) in table {
            assert_eq!(answer(&asked, from), None, "{story}");
        }
        assert!(answer(&good, from).is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(octets in prop::collection::vec(any::<u8>(), 0..100), prefix: bool) {
            let asked = if prefix { [&request(&[])[..], &octets].concat() } else { octets };
            let _ = answer(&asked, ([192, 0, 2, 1], 9).into());
        }
    }
}
