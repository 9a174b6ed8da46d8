// The workbench.
import { Participant } from "/console/participant.js";
import { Transcript } from "/console/transcript.js";
import { VirtualList } from "/console/virtual.js";
