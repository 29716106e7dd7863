-- The question to Portillon before each request, for HAProxy 2.6 or later: see forward-auth.cfg beside this file.
--
-- Sets the variable txn.portillon_allowed when Portillon has allowed the request and its answer has been written into it. Whatever
-- else happens (a refusal, no answer, a fault in here) the variable stays unset, and forward-auth.cfg hands the request to Portillon
-- itself, which judges it anew: no fault opens anything.

-- Of the connection, or of a body that the question does not have; and what names a request, which only this file may write.
local NOT_ASKED = {
  ["connection"] = true, ["keep-alive"] = true, ["proxy-connection"] = true, ["upgrade"] = true, ["te"] = true,
  ["trailer"] = true, ["transfer-encoding"] = true, ["content-length"] = true, ["expect"] = true,
  ["x-original-uri"] = true, ["x-original-method"] = true, ["x-forwarded-proto"] = true,
  ["x-forwarded-uri"] = true, ["x-forwarded-method"] = true, ["x-forwarded-host"] = true,
}

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not NOT_ASKED[name] then
      local list = {}
      for at = 0, #values do list[at + 1] = values[at] end
      headers[name] = list
    end
  end
  headers["x-original-uri"] = { txn.f:pathq() }
  headers["x-original-method"] = { txn.f:method() }
  headers["x-forwarded-proto"] = { "https" }
  return headers
end

-- The one value of a header of the answer; nil when it is missing or stands there twice.
local function only(answer, name)
  local values = answer.headers[name]
  if values == nil or values[0] == nil or values[1] ~= nil then return nil end
  return values[0]
end

local function splitNames(list)
  local names = { "x-portillon-assertion" }
  for name in string.gmatch(string.lower(list), "[^,]+") do table.insert(names, name) end
  return names
end

-- http-request lua.portillon ADDRESS NAMES: where Portillon listens, and the names of `identity.headers` in the site file, all of
-- them, with commas between.
core.register_action("portillon", { "http-req" }, function(txn, address, list)
  -- Any other form of the address names its host a second time: Portillon reads those itself.
  local uri = txn.f:pathq()
  if uri == nil or string.sub(uri, 1, 1) ~= "/" then return end
  if txn.f:req_ver() ~= "2.0" and txn.f:url() ~= uri then return end

  local answer = core.httpclient():get{
    url = "http://" .. address .. "/_portillon/authz", headers = question(txn), timeout = 10000,
  }
  if answer == nil or answer.status ~= 200 or only(answer, "x-portillon") ~= "allowed" then return end
  local values = { cookie = only(answer, "cookie") }
  if values.cookie == nil then return end
  for _, name in ipairs(splitNames(list)) do
    values[name] = only(answer, name)
    if values[name] == nil then return end
  end

  for name, value in pairs(values) do
    if name == "cookie" and value == "" then txn.http:req_del_header(name)
    else txn.http:req_set_header(name, value) end
  end
  txn:set_var("txn.portillon_allowed", true)
end, 2)
