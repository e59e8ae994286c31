export const dimensions = ['security', 'cost', 'performance', 'reliability', 'compliance'] as const;
export type Dimension = (typeof dimensions)[number];

export const levels = ['low', 'med', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

const levelFrom: readonly [number, Level][] = [
  [80, 'critical'],
  [55, 'high'],
  [30, 'med'],
];

export const levelOf = (score: number): Level => levelFrom.find(([from]) => score >= from)?.[1] ?? 'low';

export const severities = ['debug', 'info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const incidentStates = ['open', 'acknowledged', 'resolved'] as const;
export type IncidentState = (typeof incidentStates)[number];

/** A score is made of the newest so many events of each severity within its window, and says of which there were more. */
export const eventsPerSeverity = 1500;
