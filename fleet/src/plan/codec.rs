//! The operators in a form that goes to other machines.

use std::num::NonZeroU32;
use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};

use super::handshake::HandshakeExec;
use super::packet_scan::{PacketScanExec, ScanSettings};
use super::question::Question;

/// What stands in front of an operator of ours. Machines with another version know it by the rest.
const MARK: &[u8] = concat!("tcpwhy-fleet ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// The start of the mark, whatever the version.
const NAME: &[u8] = b"tcpwhy-fleet ";

#[derive(Serialize, Deserialize)]
enum Operator {
    PacketScan(ScanSettings),
    Handshake(Question, NonZeroU32),
}

/// Ours, and those of Ballista.
#[derive(Debug, Default)]
pub(crate) struct FleetCodec {
    ballista: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for FleetCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some(operator) = bytes.strip_prefix(MARK) {
            return decoded(operator, inputs);
        }
        if let Some(rest) = bytes.strip_prefix(NAME) {
            let version = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let version = String::from_utf8_lossy(version);
            return Err(DataFusionError::Execution(format!(
                "a plan of tcpwhy-fleet {version} came to {}: all machines need one version",
                env!("CARGO_PKG_VERSION")
            )));
        }
        self.ballista.try_decode(bytes, inputs, context, converter)
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let operator = if let Some(scan) = node.downcast_ref::<PacketScanExec>() {
            Operator::PacketScan(scan.settings().clone())
        } else if let Some(handshake) = node.downcast_ref::<HandshakeExec>() {
            let (question, parts) = handshake.question();
            Operator::Handshake(question.clone(), parts)
        } else {
            return self.ballista.try_encode(node, bytes, converter);
        };
        bytes.extend_from_slice(MARK);
        let encoded = postcard::to_allocvec(&operator);
        bytes.extend(encoded.map_err(|error| DataFusionError::External(error.into()))?);
        Ok(())
    }
}

fn decoded(operator: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
    let operator = postcard::from_bytes(operator);
    match (
        operator.map_err(|error| DataFusionError::External(error.into()))?,
        inputs,
    ) {
        (Operator::PacketScan(settings), [input]) => {
            Ok(Arc::new(PacketScanExec::new(settings, Arc::clone(input))?))
        }
        (Operator::Handshake(question, parts), [input]) => Ok(Arc::new(HandshakeExec::new(
            question,
            parts,
            Arc::clone(input),
        ))),
        _ => Err(DataFusionError::Execution(
            "an operator came with other inputs than it has".to_owned(),
        )),
    }
}
