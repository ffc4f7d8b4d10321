/** What the agent does, as its log gets it. Names of clients are public facts; secrets and payloads are not in here. */
export interface AgentEvent {
  readonly level: 'info' | 'warn';
  readonly event: 'connected' | 'refused' | 'broken' | 'closed' | 'part' | 'renewed';
  /** A number for each connection, and the client id once CONNECT told it. */
  readonly client?: string;
  /** With its code, when there is one. */
  readonly sentence: string;
}

export type AgentLog = (event: AgentEvent) => void;
