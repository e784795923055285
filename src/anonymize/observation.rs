//! What a packet says, with other addresses.

use super::AddressMap;
use crate::decode::{DamagedSegment, Endpoint, Neighbour, Observation};

/// The observation as one of the anonymous packet would be. Names are dropped.
pub fn anonymous(observation: Observation, map: &mut AddressMap) -> Observation {
    match observation {
        Observation::Segment(mut segment) => {
            segment.source = endpoint(segment.source, map);
            segment.destination = endpoint(segment.destination, map);
            Observation::Segment(segment)
        }
        Observation::IcmpError(mut error) => {
            error.sender = map.address(error.sender);
            error.quote.source = endpoint(error.quote.source, map);
            error.quote.destination = endpoint(error.quote.destination, map);
            Observation::IcmpError(error)
        }
        Observation::Neighbour(Neighbour::Question { target, asker }) => {
            Observation::Neighbour(Neighbour::Question {
                target: map.address(target),
                asker: asker.map(|asker| map.address(asker)),
            })
        }
        Observation::Neighbour(Neighbour::Answer {
            address, is_reply, ..
        }) => Observation::Neighbour(Neighbour::Answer {
            address: map.address(address),
            hardware: None,
            is_reply,
        }),
        Observation::Names(_) => Observation::Unrelated,
        Observation::Alive(address) => Observation::Alive(map.address(address)),
        Observation::Encrypted(address) => {
            Observation::Encrypted(address.map(|address| map.address(address)))
        }
        Observation::Damaged(segment) => Observation::Damaged(DamagedSegment {
            client: endpoint(segment.client, map),
            server: endpoint(segment.server, map),
            ..segment
        }),
        Observation::Unrelated | Observation::SetAside(_) => observation,
    }
}

fn endpoint(endpoint: Endpoint, map: &mut AddressMap) -> Endpoint {
    Endpoint {
        address: map.address(endpoint.address),
        ..endpoint
    }
}
