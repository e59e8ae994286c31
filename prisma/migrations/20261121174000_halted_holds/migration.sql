-- An execution that waits for people half-way keeps its targets, however long they take: what it did there is what it would take back.
CREATE OR REPLACE FUNCTION "take_action_lock"(p_target text, p_tenant text, p_execution text, p_now timestamptz, p_until timestamptz)
RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  WITH taken AS (
    INSERT INTO action_lock (target, tenant_id, execution_id, until) VALUES (p_target, p_tenant, p_execution, p_until)
    ON CONFLICT (target) DO UPDATE SET tenant_id = p_tenant, execution_id = p_execution, until = p_until
      WHERE action_lock.execution_id = p_execution OR (action_lock.until <= p_now
        AND NOT EXISTS (SELECT 1 FROM action_execution e WHERE e.id = action_lock.execution_id AND e.state = 'undecided'))
    RETURNING execution_id)
  SELECT coalesce((SELECT execution_id FROM taken), 'another');
$$;
